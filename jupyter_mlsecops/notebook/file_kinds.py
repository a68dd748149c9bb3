"""Which kind of file a name stands for: one table for files that are scanned and for those that a cell writes."""

from __future__ import annotations

import re
from typing import Literal, get_args

DependencyKind = Literal["requirements", "wanted", "constraints", "conda", "pyproject"]
"""What declares packages. "wanted": what a lock file is made from, `requirements.in`."""
FileKind = Literal["notebook", "python", "shell", "dockerfile"] | DependencyKind

DEPENDENCY_KINDS: frozenset[str] = frozenset(get_args(DependencyKind))
STDIN = "<stdin>"
"""What standard input is called where nobody gives it a name."""

_LONGEST = 300  # the patterns are not linear, and a cell may write to a name of any length
_BEGIN = r"(?:^|[/\\])"
_NAMES: dict[FileKind, str] = {
    "notebook": r"\.ipynb$",
    "constraints": rf"{_BEGIN}[\w.-]*constraints?[\w.-]*\.(?:txt|in|pip)$",
    "wanted": rf"{_BEGIN}(?:[\w.-]*requirements?[\w.-]*|requirements[/\\][^/\\]+)\.in$",
    "requirements": rf"{_BEGIN}(?:[\w.-]*requirements?[\w.-]*|requirements[/\\][^/\\]+)\.(?:txt|pip)$",
    "pyproject": rf"{_BEGIN}pyproject\.toml$",
    "conda": rf"{_BEGIN}(?:[\w.-]*[._-])?(?:environment|conda|env)(?:[._-][\w.-]*)?\.ya?ml$",
    "dockerfile": rf"{_BEGIN}(?:[\w.-]*\.)?(?:Dockerfile|Containerfile)(?:[.-][\w.-]+)?$",
    "python": r"\.pyw?$",
    "shell": r"\.(?:ba|z|k|da)?sh$",
}
_PATTERNS = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in _NAMES.items()}


def file_kind(name: str) -> FileKind | None:
    """The kind of file that a path names; None for what cannot be read. What has no name is a notebook."""
    if name in {"", STDIN}:
        return "notebook"
    end = name[-_LONGEST:]
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.search(end)), None)
