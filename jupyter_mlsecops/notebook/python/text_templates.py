"""Strings with places for values: `"%s" % x`, `"{}".format(x)`."""

from __future__ import annotations

import ast
import re
from itertools import count
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.python.literal_items import item_of
from jupyter_mlsecops.notebook.python.text_pieces import put_together, shown, spelled
from jupyter_mlsecops.notebook.python.unknown import UNKNOWN
from jupyter_mlsecops.notebook.shell.model import HOLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.python.program import Program

# Nothing is given back once it is read: a width may be as long as it likes.
_PERCENT = re.compile(r"%(?:\((\w{1,100})\))?([#0\- +]*+(?:\*|\d*+)(?:\.(?:\*|\d*+))?)([diouxXeEfFgGcrsa%])")
_BRACES = re.compile(r"\{\{|\}\}|\{([^{}!:]*)(![rsa])?(?::([^{}]*))?\}")
_SIMPLE_FORMAT = re.compile(r"[<>^=]?[+\- ]?0?\d{0,2},?(?:\.\d{1,2})?[dfsxXob]?")


def formatted(constant: object, specification: str | None, *, is_repr: bool = False) -> str:
    """A constant as a format specification spells it; HOLE where one of them is not known, or is out of the ordinary."""
    if constant is UNKNOWN or specification is None or not _SIMPLE_FORMAT.fullmatch(specification):
        return HOLE
    if not isinstance(constant, str) and spelled(constant) is None:
        return HOLE
    try:
        return format(repr(constant) if is_repr else constant, specification)
    except (TypeError, ValueError, OverflowError):
        return HOLE


def percent(program: Program, template: str, right: ast.expr) -> str | None:
    """`template % right`."""
    given = program.value(right)
    values = iter(given.elts if isinstance(given, ast.Tuple) else [right])

    def pieces() -> Iterator[str]:
        end = 0
        for match in _PERCENT.finditer(template):
            yield template[end : match.start()]
            end = match.end()
            if match[3] == "%":
                yield "%"
                continue
            value = item_of(program, given, match[1]) if match[1] else next(values, None)
            if value is None or isinstance(value, ast.Starred):
                yield HOLE
            elif match[2] or match[3] != "s":
                yield _converted(program.constant(value), match[2], match[3])
            else:
                yield shown(program, value)
        yield template[end:]

    return put_together(pieces())


def _converted(constant: object, flags: str, conversion: str) -> str:
    is_known = isinstance(constant, (int, float, str)) and (isinstance(constant, str) or spelled(constant) is not None)
    if not is_known or len(flags) > 4 or "*" in flags:
        return HOLE
    try:
        return f"%{flags}{conversion}" % constant
    except (TypeError, ValueError, OverflowError):
        return HOLE


def braces(program: Program, template: str, call: ast.Call) -> str | None:
    """`template.format(…)`."""
    numbers = count()

    def pieces() -> Iterator[str]:
        end = 0
        for match in _BRACES.finditer(template):
            yield template[end : match.start()]
            end = match.end()
            if match[1] is None:
                yield match[0][0]
                continue
            value = _field(program, call, match[1] or str(next(numbers)))
            if value is None:
                yield HOLE
            elif match[2] or match[3]:
                yield formatted(program.constant(value), match[3] or "", is_repr=match[2] not in (None, "!s"))
            else:
                yield shown(program, value)
        yield template[end:]

    return put_together(pieces())


def _field(program: Program, call: ast.Call, field: str) -> ast.expr | None:
    if field.isdecimal():
        index = int(field) if len(field) < 6 else len(call.args)
        given = call.args[: index + 1]
        return given[index] if index < len(given) and not any(isinstance(each, ast.Starred) for each in given) else None
    for keyword in call.keywords:
        if keyword.arg == field:
            return keyword.value
        if keyword.arg is None and (value := item_of(program, keyword.value, field)) is not None:
            return value
    return None
