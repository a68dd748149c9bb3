"""File patterns, matched in linear time: a scanned repository may bring its own."""

from __future__ import annotations

import posixpath
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_SPECIAL = "*?["


def anchored(pattern: str, folder: str) -> str:
    """The pattern as an absolute one that counts from `folder`.

    As in an ignore file: a pattern without a slash names something at any depth, one with a slash starts at the folder.
    """
    trimmed = pattern.removeprefix("./").rstrip("/")
    if trimmed.startswith("/") or not folder:
        return trimmed
    depth = "" if "/" in trimmed else "**/"
    return posixpath.join(_literal(folder), depth + trimmed)


def first_match(path: str, patterns: Iterable[str]) -> str | None:
    """The first pattern that names the path or a folder above it. Both with forward slashes, both absolute or both not.

    `*` and `?` stay within one name, `**` crosses folders, `[ab]` and `[!ab]` are sets.
    """
    known = path.encode("utf-8", "replace").decode()
    return next((pattern for pattern in patterns if _compiled(pattern).fullmatch(known)), None)


@lru_cache(maxsize=1000)
def _compiled(pattern: str) -> Any:
    import re2

    trimmed = pattern.removeprefix("./").rstrip("/")
    depth = "" if "/" in trimmed else "(?:.*/)?"
    return re2.compile(f"(?s){depth}{_expression(trimmed)}(?:/.*)?")


def _expression(pattern: str) -> str:
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        part, at = _piece(pattern, at)
        parts.append(part)
    return "".join(parts)


def _piece(pattern: str, at: int) -> tuple[str, int]:
    """The regular expression of one piece of a pattern, and where the next piece starts."""
    import re2

    if pattern.startswith("**/", at):
        return "(?:.*/)?", at + 3
    if pattern.startswith("**", at):
        return ".*", at + 2
    if pattern[at] == "[" and (end := pattern.find("]", at + 2)) > 0:
        negated = pattern[at + 1] in "!^"
        inside = pattern[at + 1 + negated : end]
        return f"[{'^/' if negated else ''}{''.join(c if c == '-' else re2.escape(c) for c in inside)}]", end + 1
    return {"*": "[^/]*", "?": "[^/]"}.get(pattern[at]) or re2.escape(pattern[at]), at + 1


def _literal(folder: str) -> str:
    return "".join(f"[{c}]" if c in _SPECIAL else c for c in folder)
