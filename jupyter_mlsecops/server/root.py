"""The contents root: which paths a client may name, and the configuration that holds for them."""

# realpath decides before anything is opened; pathlib's resolve raises where os.path answers.
# ruff: noqa: PTH112, PTH113, PTH118, PTH120

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_mlsecops.settings import ConfigurationError, Layer, Settings, merge, read_layer

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWN_FILE = ".jupyter-mlsecops.toml"
_SHARED_FILE = "pyproject.toml"
_LARGEST_FILE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The folder that contents are served from; `folder` is "" where contents live in no file system."""

    folder: str
    allow_hidden: bool

    def is_inside(self, path: str) -> bool:
        """Whether a path of the contents API stays below the root by its words, hidden names as the server allows them."""
        if "\0" in path or (os.sep != "/" and (os.sep in path or ":" in path)):
            return False
        steps = path.strip("/").split("/")
        return not any(step == ".." or (step.startswith(".") and not self.allow_hidden) for step in steps)

    def locate(self, path: str) -> str | None:
        """Where a path of the contents API really is; None outside of the root, also by way of links."""
        if not self.folder or not self.is_inside(path):
            return None
        located = os.path.realpath(os.path.join(self.real, path.strip("/")))
        return located if self.holds(located) else None

    def holds(self, location: str) -> bool:
        """Whether a location, all links followed, is the root or below it."""
        real = os.path.realpath(location)
        return real == self.real or real.startswith(self.real.rstrip(os.sep) + os.sep)

    def name(self, location: str) -> str:
        """A location below the root as the contents API names it."""
        return os.path.relpath(location, self.real).replace(os.sep, "/")

    @property
    def real(self) -> str:
        """The root itself, all links followed."""
        return os.path.realpath(self.folder)


def project_settings(root: Root, path: str) -> Settings:
    """The settings of the project that a file or folder of the contents lies in. Raises ConfigurationError.

    The nearest file that speaks to us counts, from the folder up to the contents root and no further.
    """
    located = root.locate(path)
    if located is None:
        return Settings(working_directory=root.real if root.folder else "")
    folder = located if os.path.isdir(located) else os.path.dirname(located)
    return replace(merge(_layers(root, folder)), working_directory=root.real)


def _layers(root: Root, folder: str) -> list[Layer]:
    for each in _upwards(root, folder):
        for name in (_OWN_FILE, _SHARED_FILE):
            layer = _layer(root, os.path.join(each, name))
            if layer is not None:
                return [layer]
    return []


def _upwards(root: Root, folder: str) -> Iterator[str]:
    while root.holds(folder):
        yield folder
        if os.path.dirname(folder) == folder:
            return
        folder = os.path.dirname(folder)


def _layer(root: Root, location: str) -> Layer | None:
    if not os.path.isfile(location) or not root.holds(location):
        return None
    name = root.name(location)
    try:
        with Path(location).open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise ConfigurationError(message=(error.strerror or "cannot be read").lower(), file=name) from None
    if len(content) > _LARGEST_FILE:
        raise ConfigurationError(message=f"larger than {_LARGEST_FILE:,} bytes", file=name)
    return read_layer(content, file=name, folder=os.path.dirname(location).replace(os.sep, "/"))
