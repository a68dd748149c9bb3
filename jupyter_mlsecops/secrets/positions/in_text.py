"""Values under a name in text that no parser here reads: R and Julia, configuration files, JSON and YAML in strings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_mlsecops.secrets.positions.position import NamedText, scheme_length

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = r"(?<![\w.\-])(?P<name>[A-Za-z_][\w.\-]{1,80})"
_QUOTE = r"\\{0,2}[\"'`]"
# name = "value", "name": "value", ENV["name"] = 'value', name <- "value", name: String = "value"
_QUOTED = re.compile(
    rf"{_NAME}(?:{_QUOTE})?\]?(?:[ \t]?:[ \t]?\w{{1,30}})?\s{{0,8}}(?:=|:=|=>|<-|->|:|,)\s{{0,8}}[brfuRBFU]?"
    # A value may be the name of the next one: it is looked at, not passed.
    rf"(?={_QUOTE}(?P<value>[^\"'`\r\n\\]{{8,600}}){_QUOTE})"
)
# a line of its own: name=value, name: value, export name=value
_LINE = re.compile(
    r"^[ \t]*(?:(?:export|set|ENV|ARG|-)[ \t]+)?(?P<name>[A-Za-z_][\w.\-]{1,80})[ \t]*[=:][ \t]*(?P<value>[^\s\"'`;,]{8,600})[ \t]*(?:[#;][^\r\n]*)?$",
    re.MULTILINE,
)
_HEADER = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z\-]{2,40}):[ \t]{0,4}(?P<value>(?:Bearer|Basic|Token)[ \t]+[^\s\"'`\\,;)}\]]{8,4000})",
    re.IGNORECASE,
)
_ELEMENT = re.compile(r"<(?P<name>[A-Za-z_][\w.\-]{1,60})>(?P<value>[^<>\s]{8,600})</")
_SPOKEN = re.compile(r"(?i:identified\s+by|\b(?P<name>password|secret))\s+'(?P<value>[^'\r\n]{8,600})'")
_NETRC = re.compile(r"\bmachine\s+\S{1,200}\s+login\s+\S{1,200}\s+(?P<name>password)\s+(?P<value>\S{8,600})")


def text_positions(text: str) -> Iterator[NamedText]:
    """The values under a name in a text, each span once."""
    seen: set[int] = set()
    for pattern in (_HEADER, _QUOTED, _LINE, _ELEMENT, _SPOKEN, _NETRC):
        for match in pattern.finditer(text):
            skip = scheme_length(match["value"])
            start, end = match.start("value") + skip, match.end("value")
            if start not in seen:
                seen.add(start)
                yield NamedText(name=match["name"] or "password", value=match["value"][skip:], start=start, end=end)
