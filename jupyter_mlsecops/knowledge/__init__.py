"""Facts as tables: what changes weekly needs no programmer."""

from __future__ import annotations

import tomllib
from functools import cache
from pkgutil import get_data
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """The content of `knowledge/<name>.toml`."""
    # importlib.resources would do the same, and takes longer to import than most tables to read.
    return tomllib.loads((get_data(__package__, f"{name}.toml") or b"").decode("utf-8"))
