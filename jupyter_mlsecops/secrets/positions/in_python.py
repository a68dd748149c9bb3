"""Literals under a name in Python: assignments, arguments, keys, defaults, comparisons, and the text inside strings."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.secrets.positions.in_text import text_positions
from jupyter_mlsecops.secrets.positions.literals import Literal, literals
from jupyter_mlsecops.secrets.positions.named import Named, named_expressions
from jupyter_mlsecops.secrets.positions.position import Position, Rewrite, scheme_length, variable_for
from jupyter_mlsecops.secrets.shapes.placeholders import SHORTEST
from jupyter_mlsecops.secrets.shapes.suspects import names_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_mlsecops.notebook.code import Code

_LONGEST_TEXT = 100_000


def python_positions(code: Code, *, wanted: Callable[[str], bool]) -> Iterator[Position]:
    """The positions in the Python of a program text whose names are wanted, in no particular order.

    One literal may have several names.
    """
    if code.kind != "python":
        return
    for named in named_expressions(code):
        if wanted(named.name):
            for literal in literals(code, named.value):
                yield _position(code, named, literal)
    for node in code.nodes(ast.Constant):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and SHORTEST < len(node.value) < _LONGEST_TEXT
        ):
            yield from _inside(code, node)


def _position(code: Code, named: Named, literal: Literal) -> Position:
    skip = scheme_length(literal.value)
    return Position(
        code=literal.code,
        name=named.name,
        value=literal.value[skip:],
        pieces=literal.pieces(skip),
        variable=named.variable or variable_for(named.dotted or named.name),
        generic=not named.dotted and variable_for(named.name).lower() in table("credentials")["method"]["generic"],
        compared=named.role == "compared",
        rewrite=_rewrite(code, named, literal, literal.value[:skip]),
    )


def _rewrite(code: Code, named: Named, literal: Literal, scheme: str) -> Rewrite | None:
    start, end = literal.code.span(literal.node)
    if named.role == "environment":
        # Reading a variable only to set it again would be no gain.
        return Rewrite(start=start, end=end, template='getpass.getpass("{name}")', module="getpass")
    if named.role == "default" and named.whole is not None and literal.code is code:
        start, end = code.span(named.whole)
        return Rewrite(start=start, end=end)
    template = 'os.environ["{name}"]'
    if scheme:
        template = f'"{scheme}" + {template}'
    if literal.is_bytes:
        template = f"({template}).encode()" if scheme else f"{template}.encode()"
    return Rewrite(start=start, end=end, template=template)


def _inside(code: Code, node: ast.Constant) -> Iterator[Position]:
    """Values under a name in the text of a string: JSON, YAML, a configuration file."""
    text = str(node.value)
    if (":" not in text and "=" not in text) or not names_credentials(text):
        return
    for found in text_positions(text):
        span = code.literal_span(node, found.start, found.end)
        yield Position(code=code, name=found.name, value=found.value, pieces=(span,))
