"""Security for notebooks: `lint` a notebook's bytes and get a Report."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from jupyter_mlsecops.version import __version__

if TYPE_CHECKING:
    from jupyter_mlsecops.cache import MemoryCache
    from jupyter_mlsecops.findings import (
        Confidence,
        Finding,
        Fix,
        Location,
        Place,
        Problem,
        Report,
        Safety,
        Severity,
        Silenced,
    )
    from jupyter_mlsecops.lint import lint
    from jupyter_mlsecops.rules import all_rules
    from jupyter_mlsecops.settings import ConfigurationError, Settings

_HOMES = {
    "ConfigurationError": "settings",
    "MemoryCache": "cache",
    "Settings": "settings",
    "all_rules": "rules",
}

__all__ = [
    "Confidence",
    "ConfigurationError",
    "Finding",
    "Fix",
    "Location",
    "MemoryCache",
    "Place",
    "Problem",
    "Report",
    "Safety",
    "Settings",
    "Severity",
    "Silenced",
    "__version__",
    "all_rules",
    "lint",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is asked for: to know the version, nobody needs the rules."""
    from importlib import import_module

    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'findings')}"), name)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """What Jupyter Server asks for; only then is it imported here."""
    from jupyter_mlsecops.server.extension import extension_points

    return extension_points()


class _Package(ModuleType):
    """This package. `lint` is always the function, though importing the module of that name would put it in its place."""

    @property
    def lint(self) -> Any:
        from jupyter_mlsecops.lint import lint

        return lint

    @lint.setter
    def lint(self, module: object) -> None:
        pass


sys.modules[__name__].__class__ = _Package
