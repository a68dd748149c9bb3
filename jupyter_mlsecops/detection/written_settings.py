"""Finds settings in files that are no program: configuration of any format, and what a Dockerfile hands to a container."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jupyter_mlsecops.notebook.code import Code

_DOCKERFILE = re.compile(r"^[ \t]*FROM[ \t]", re.MULTILINE | re.IGNORECASE)
_INDENTATION = 200
_COMMENTS = ("#", "//", ";")


def is_file(code: Code) -> bool:
    """Whether a text is a file, written by a cell or scanned as such, and no cell of a notebook."""
    return code.file is not None or code.cell is None


def settings_like(
    code: Code, pattern: re.Pattern[str], known: Iterable[tuple[int, int]] = ()
) -> Iterator[tuple[int, int]]:
    """Where a pattern stands in a file of settings; lines of comments, and what meets `known` spans, are left out."""
    if not is_file(code) or not (code.kind == "text" or (code.kind == "shell" and _DOCKERFILE.search(code.text))):
        return
    spans = sorted(known)
    line, is_comment = -1, False
    for match in pattern.finditer(code.text):
        start, end = match.span()
        begin = code.text.rfind("\n", max(line, 0), start) + 1 or max(line, 0)
        if begin != line:
            line, is_comment = begin, code.text[begin : begin + _INDENTATION].lstrip().startswith(_COMMENTS)
        before = bisect_left(spans, (end, end)) - 1
        if not is_comment and not (before >= 0 and spans[before][1] > start):
            yield start, end
