"""Credentials in the arguments of magics: `%env NAME=value`, `%set_env NAME value`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_mlsecops.secrets.positions.position import NamedText, Position, standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code

_VARIABLE = re.compile(r"\s*(?P<name>\w+)(?:\s*=\s*|\s+)(?P<quote>[\"']?)(?P<value>\S{1,4000}?)(?P=quote)\s*(?:#.*)?\Z")
_OPTION = re.compile(
    r"(?<!\S)--(?P<name>[a-z][\w-]{1,60})[= ]\s{0,8}(?P<quote>[\"']?)(?P<value>[^\s\"']{8,4000})(?P=quote)(?!\S)"
)
_ENVIRONMENT = ("env", "set_env")


def magic_positions(code: Code) -> Iterator[Position]:
    """The values that magics put into the environment, or get as options."""
    for magic in code.magics:
        line = code.text[magic.arguments_start : magic.arguments_start + len(magic.arguments)]
        matches = [_VARIABLE.match(line)] if magic.name in _ENVIRONMENT else list(_OPTION.finditer(line))
        for match in matches:
            if match is None:
                continue
            start = magic.arguments_start + match.start("value")
            end = magic.arguments_start + match.end("value")
            yield standing(code, NamedText(name=match["name"], value=match["value"], start=start, end=end))
