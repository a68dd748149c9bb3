"""Python's own parser, kept from texts that it would take too long for."""

from __future__ import annotations

import ast
import re
from typing import Literal, overload

# Up to Python 3.11 an f-string takes time with the square of the number of its fields, and nothing can stop the parser.
MAX_FIELDS = 10_000
_FSTRING = re.compile(r"(?i:[fr]f?|f)['\"]")


@overload
def parse_python(text: str, mode: Literal["exec"] = "exec") -> ast.Module: ...
@overload
def parse_python(text: str, mode: Literal["eval"]) -> ast.Expression: ...
@overload
def parse_python(text: str, mode: Literal["exec", "eval"]) -> ast.Module | ast.Expression: ...
def parse_python(text: str, mode: Literal["exec", "eval"] = "exec") -> ast.AST:
    """The tree of a text. Raises SyntaxError, ValueError, RecursionError or MemoryError; nothing is executed."""
    if text.count("{") > MAX_FIELDS and _FSTRING.search(text):
        msg = "an f-string of too many fields"
        raise ValueError(msg)
    return ast.parse(text, mode=mode)
