"""Targets: the torch names that specs carry as strings, resolved."""

from collections.abc import Callable
from importlib import import_module
from typing import Any


def resolve(target: str) -> Callable[..., Any]:
    """What `package.module:Name` names. Raises `ValueError` for anything outside torch and this package."""
    module, _, name = target.partition(":")
    if not module.startswith(("torch.", "worker.")):
        raise ValueError(f"{target} is neither torch's nor the worker's")
    resolved: Callable[..., Any] = getattr(import_module(module), name)
    return resolved
