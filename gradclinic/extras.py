"""What only notebooks need."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def notebook_extra(package: str) -> Iterator[None]:
    """Around the import of a package that comes with the extra `notebook`: says how to get it where it is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        said = f"This needs {package}: pip install 'gradclinic[notebook]', or pip install {package}."
        raise ModuleNotFoundError(said, name=package) from error
