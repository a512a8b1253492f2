"""Failures that only HTTP knows; those of the domain are in `service.errors`."""

from service.errors import DomainError


class MethodNotAllowed(DomainError):
    """This resource does not take this method; `Allow` lists those it takes."""

    status, title, slug = 405, "Method not allowed", "method-not-allowed"


class RequestTimeout(DomainError):
    """The body did not arrive in time; send it again."""

    status, title, slug = 408, "Request timeout", "request-timeout"


class MisdirectedRequest(DomainError):
    """Without API keys the service answers only to loopback names, such as http://127.0.0.1:8000.

    A page of another site could otherwise reach it through a name that it points to this machine (DNS rebinding).
    """

    status, title, slug = 421, "Misdirected request", "misdirected-request"


class ForeignOrigin(DomainError):
    """Without API keys the service takes no commands from pages of other sites."""

    status, title, slug = 403, "Foreign origin", "foreign-origin"


class NotSameOrigin(DomainError):
    """Who is logged in to the dashboard commands from its own pages only; elsewhere send an API key in a header.

    A page of another site could otherwise make a browser use the session of whoever looks at it.
    """

    status, title, slug = 403, "Not same origin", "not-same-origin"


class NotBuilt(DomainError):
    """The dashboard is not built in this installation; `make run` builds it, and the API works without it."""

    status, title, slug = 404, "Dashboard not built", "dashboard-not-built"


class TooManyUploads(DomainError):
    """This process takes as many uploads at once as it may; send the file again in a moment."""

    status, title, slug = 503, "Too many uploads", "too-many-uploads"


class TooManyExports(DomainError):
    """This process writes as many exports at once as it may; ask again in a moment."""

    status, title, slug = 503, "Too many exports", "too-many-exports"


class TooManyStreams(DomainError):
    """This process serves as many event streams as it may; poll the job instead, or try again."""

    status, title, slug = 503, "Too many event streams", "too-many-streams"
