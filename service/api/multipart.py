"""A multipart form, parsed as it comes: its fields are kept, its file is handed on in pieces."""

from collections.abc import Collection
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from service.errors import InvalidRequest, MalformedBody, UnsupportedMediaType

_LONGEST_FIELD = 4096


def boundary_of(content_type: str) -> bytes:
    """What separates the parts. Raises `UnsupportedMediaType` unless it is a form with files."""
    media_type, options = parse_options_header(content_type)
    if media_type != b"multipart/form-data" or not options.get(b"boundary"):
        raise UnsupportedMediaType("Send the file as a form: `Content-Type: multipart/form-data; boundary=…`.")
    return options[b"boundary"]


@dataclass
class _Part:
    headers: dict[bytes, bytes] = field(default_factory=dict)
    name: str = ""
    data: bytearray = field(default_factory=bytearray)


class Form:
    """A form with the field `file` and any of `fields`, each at most once.

    Raises `MalformedBody` where the form is none, `InvalidRequest` for fields that are unknown, twice or too long.
    """

    def __init__(self, boundary: bytes, fields: Collection[str]) -> None:
        self.values: dict[str, str] = {}
        self.file_name: str | None = None
        """As the client calls it; None until the file begins."""
        self.complete = False
        self._known = fields
        self._pieces: list[bytes] = []
        self._part = _Part()
        self._header, self._header_value = bytearray(), bytearray()
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._add_header,
                    "on_header_value": self._add_header_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._identify,
                    "on_part_data": self._add,
                    "on_part_end": self._end,
                    "on_end": self._finish,
                },
            )
        except FormParserError as error:
            raise _malformed(error) from error

    def feed(self, data: bytes) -> list[bytes]:
        """Takes the next bytes of the body; returns those of the file in them."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise _malformed(error) from error
        pieces, self._pieces = self._pieces, []
        return pieces

    def _begin(self) -> None:
        self._part = _Part()

    def _add_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        self._part.headers[bytes(self._header).lower()] = bytes(self._header_value)
        self._header, self._header_value = bytearray(), bytearray()

    def _identify(self) -> None:
        _, options = parse_options_header(self._part.headers.get(b"content-disposition"))
        name = self._part.name = options.get(b"name", b"").decode(errors="replace")
        if name in self.values or (name == "file" and self.file_name is not None):
            raise _invalid(name, f"The form has `{name}` twice; send it once.")
        if name == "file":
            self.file_name = options.get(b"filename", b"").decode(errors="replace")
        elif name not in self._known:
            known = ", ".join(f"`{field}`" for field in ("file", *self._known))
            raise _invalid(name, f"There is no field `{name[:80]}`; there are: {known}.")

    def _add(self, data: bytes, start: int, end: int) -> None:
        if self._part.name == "file":
            self._pieces.append(data[start:end])
            return
        self._part.data += data[start:end]
        if len(self._part.data) > _LONGEST_FIELD:
            raise _invalid(self._part.name, f"`{self._part.name}` has more than {_LONGEST_FIELD} bytes.")

    def _end(self) -> None:
        if self._part.name == "file":
            return
        try:
            self.values[self._part.name] = self._part.data.decode()
        except UnicodeDecodeError as error:
            raise _invalid(self._part.name, f"`{self._part.name}` is not UTF-8.") from error

    def _finish(self) -> None:
        self.complete = True


def _malformed(error: FormParserError) -> MalformedBody:
    return MalformedBody(f"The body is not the form that its Content-Type announces: {error}.")


def _invalid(name: str, detail: str) -> InvalidRequest:
    return InvalidRequest(detail, errors=[{"pointer": f"/{name[:80]}", "detail": detail}])
