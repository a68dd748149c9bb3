"""Whether a text is Python, asked without side effects."""

from __future__ import annotations

import warnings
from typing import Literal

from jupyter_mlsecops.notebook.python.parser import parse_python


def parses(text: str, mode: Literal["exec", "eval"] = "exec") -> bool:
    """Whether Python can parse the text; hostile nesting counts as no."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parse_python(text, mode)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
