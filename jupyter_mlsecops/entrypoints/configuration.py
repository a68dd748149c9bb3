"""Finds the configuration files that hold for a run, and makes Settings of them and the command line."""

# os.path answers False where pathlib raises: names too long, folders that may not be looked into.
# ruff: noqa: PTH112, PTH118, PTH120

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_mlsecops.settings import ConfigurationError, Layer, Settings, anchor, merge, read_layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_OWN_FILE = ".jupyter-mlsecops.toml"
_SHARED_FILE = "pyproject.toml"
_LARGEST_FILE = 1_000_000


def load_settings(paths: Iterable[str], command_line: Layer, *, config: str | None, isolated: bool) -> Settings:
    """The settings of a run. Raises ConfigurationError.

    Each of these wins over the ones before it: the user's own file, the file of the scanned tree, `--config` (which
    stands in for the user's own file), the command line.
    """
    here = str(Path.cwd())
    layers = [] if config else [_user_layer(here)]
    layers += [] if isolated else [_tree_layer(_common_folder(paths, here))]
    layers += [_layer(Path(here, config), folder=here)] if config else []
    settings = merge([*filter(None, layers), anchor(command_line, here.replace(os.sep, "/"))])
    return replace(settings, working_directory=here)


def _user_layer(here: str) -> Layer | None:
    from platformdirs import user_config_path

    path = user_config_path("jupyter-mlsecops", appauthor=False) / "config.toml"
    return _layer(path, folder=here) if path.is_file() else None


def _tree_layer(folder: Path) -> Layer | None:
    """The nearest file that speaks to us, in the folder or above it."""
    for each in (folder, *folder.parents):
        for path in _candidates(each):
            layer = _layer(path, folder=str(each))
            if layer is not None:
                return layer
    return None


def _candidates(folder: Path) -> Iterator[Path]:
    for name in (_OWN_FILE, _SHARED_FILE):
        try:
            if (folder / name).is_file():
                yield folder / name
        except OSError:  # a folder that may not be looked into has nothing to say
            continue


def _layer(path: Path, *, folder: str) -> Layer | None:
    name = os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise ConfigurationError(message=(error.strerror or "cannot be read").lower(), file=name) from None
    if len(content) > _LARGEST_FILE:
        raise ConfigurationError(message=f"larger than {_LARGEST_FILE:,} bytes", file=name)
    return read_layer(content, file=name, folder=folder.replace(os.sep, "/"))


def _common_folder(paths: Iterable[str], here: str) -> Path:
    folders = [_folder(os.path.normpath(os.path.join(here, path))) for path in paths]
    try:
        return Path(os.path.commonpath(folders)) if folders else Path(here)
    except ValueError:  # on several drives
        return Path(here)


def _folder(path: str) -> str:
    return path if os.path.isdir(path) else os.path.dirname(path)
