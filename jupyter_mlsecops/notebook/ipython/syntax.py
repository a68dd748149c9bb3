"""Whether a text is Python, asked without side effects."""

from __future__ import annotations

import ast
import warnings
from typing import Literal


def parses(text: str, mode: Literal["exec", "eval"] = "exec") -> bool:
    """Whether Python can parse the text; hostile nesting counts as no."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text, mode=mode)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
