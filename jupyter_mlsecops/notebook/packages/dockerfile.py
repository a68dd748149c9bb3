"""A Dockerfile as far as it runs commands: its RUN lines are shell scripts."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.ipython.layout import Layout, blank
from jupyter_mlsecops.notebook.ipython.magic_lines import ShellText

if TYPE_CHECKING:
    from collections.abc import Iterator

# Comments may stand between continued lines.
_RUN = re.compile(
    r"^[ \t]*RUN[ \t]+(?:--\S+[ \t]+)*(?P<script>(?:\\[ \t]*\r?\n(?:[ \t]*#[^\n]*\n)*|[^\n])*)",
    re.MULTILINE | re.IGNORECASE,
)
_WORD_ALONE = re.compile(r"^[ \t]*(\w+)[ \t\r]*$", re.MULTILINE)
_DOCUMENT = re.compile(r"<<-?[\"']?(\w+)[\"']?[ \t\r]*\Z")


def split_dockerfile(text: str) -> Layout:
    """The scripts of the RUN lines and of the documents below them; nothing in it is Python."""
    shells = tuple(
        ShellText(start=start, end=end, text=text[start:end], dialect="script")
        for start, end in _scripts(text)
        if text[start:end].strip()
    )
    return Layout(python=blank(text), shells=shells, body="shell")


def _scripts(text: str) -> Iterator[tuple[int, int]]:
    """The command of each RUN line; where it is only `<<EOF`, the lines down to that word."""
    words: dict[str, list[int]] = defaultdict(list)
    for line in _WORD_ALONE.finditer(text) if "<<" in text else ():
        words[line[1]].append(line.start())
    at = 0
    while run := _RUN.search(text, at):
        start, at = run.span("script")
        if document := _DOCUMENT.match(run["script"]):
            ends = words[document[1]]
            number = bisect_left(ends, at)
            start, at = at, ends[number] if number < len(ends) else at
        yield start, at
