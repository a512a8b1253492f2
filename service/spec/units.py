"""One unit, one file: everything found by walking its folder, so that nobody keeps a list."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def modules_of(package: ModuleType) -> list[ModuleType]:
    """The modules lying in `package`'s folder, in alphabetical order."""
    names = sorted(module.name for module in iter_modules(package.__path__))
    return [import_module(f"{package.__name__}.{name}") for name in names]


def exported(package: ModuleType, attribute: str) -> list[object]:
    """The value of `attribute` in each module of `package` that has one."""
    return [getattr(module, attribute) for module in modules_of(package) if hasattr(module, attribute)]
