"""A Dockerfile as far as it runs commands: its RUN lines are shell scripts."""

from __future__ import annotations

import re

from jupyter_mlsecops.notebook.ipython import Layout, blank
from jupyter_mlsecops.notebook.magic_lines import ShellText

_NAME = re.compile(r"(?:^|[/\\])(?:[\w.-]*\.)?(?:Dockerfile|Containerfile)(?:\.[\w.-]+)?$", re.IGNORECASE)
# Comments may stand between continued lines.
_RUN = re.compile(
    r"^[ \t]*RUN[ \t]+(?:--\S+[ \t]+)*(?P<script>(?:\\[ \t]*\r?\n(?:[ \t]*#[^\n]*\n)*|[^\n])*)",
    re.MULTILINE | re.IGNORECASE,
)


def is_dockerfile(name: str) -> bool:
    """Whether a file is one by its name."""
    return bool(_NAME.search(name))


def split_dockerfile(text: str) -> Layout:
    """The shell scripts of the RUN lines; nothing in it is Python."""
    shells = tuple(
        ShellText(start=match.start("script"), end=match.end("script"), text=match["script"], dialect="script")
        for match in _RUN.finditer(text)
        if match["script"].strip()
    )
    return Layout(python=blank(text), shells=shells, body="shell")
