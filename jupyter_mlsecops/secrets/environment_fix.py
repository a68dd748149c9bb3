"""The fix of every secret in code: read it from the environment, and import what that needs."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Edit, Fix, ReplaceText, Safety

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code, Session
    from jupyter_mlsecops.secrets.positions.position import Rewrite

# What must stay above the first statement: comments with a meaning, and the magics of the cell.
_HEAD = re.compile(r"(?:#!?[^\r\n]*(?:coding|!/)[^\r\n]*(?:\r\n|\r|\n))*")
_LINE_END = re.compile(r"\r\n|\r|\n")


def read_from_environment(code: Code, rewrite: Rewrite, variable: str) -> Fix:
    """Replace a literal by an environment variable. Unsafe: somebody must set that variable first."""
    replacement = ReplaceText(
        place=code.place(rewrite.start, rewrite.end), text=rewrite.template.replace("{name}", variable)
    )
    edits: tuple[Edit, ...] = (replacement,)
    if not imports(code, rewrite.module):
        at = import_position(code)
        edits = (ReplaceText(place=code.place(at, at), text=f"import {rewrite.module}\n"), replacement)
    title = (
        f"Ask for {variable} when the cell runs"
        if rewrite.module == "getpass"
        else f"Read it from the environment variable {variable}"
    )
    return Fix(title=title, safety=Safety.UNSAFE, edits=edits)


def imports(code: Code, module: str) -> bool:
    """Whether the notebook (or the file that a cell writes) imports a module under its own name."""
    return module in code.session.once(_all_imports)


def _all_imports(session: Session) -> frozenset[str]:
    return frozenset(session.gather(_plain_imports))


def _plain_imports(code: Code) -> Iterator[str]:
    aliases = (alias for node in code.nodes(ast.Import) if isinstance(node, ast.Import) for alias in node.names)
    return (alias.name for alias in aliases if not alias.asname)


def import_position(code: Code) -> int:
    """Where an import may be put: the top of the text, below what has to stay there."""
    return code.once(_import_position)[0]


def _import_position(code: Code) -> tuple[int]:
    at = max((magic.body_start for magic in code.magics if magic.is_cell), default=0)
    head = _HEAD.match(code.text, at)
    at = head.end() if head else at
    for node in code.nodes(ast.ImportFrom):
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            end = _LINE_END.search(code.text, code.span(node)[1])
            at = max(at, end.end() if end else at)
    return (at,)
