"""What a program makes of the expression that stands in `_(…)`."""

from __future__ import annotations

import ast

from notebooks import bare_notebook

from jupyter_mlsecops.notebook.python.program import Program
from jupyter_mlsecops.notebook.python.source import parse


def program_of(*cells: str) -> Program:
    return Program([parse(cell) for cell in cells])


def marked(program: Program, mark: str = "_") -> ast.expr:
    (found,) = [
        node.args[0]
        for nodes in program.nodes
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == mark
    ]
    return found


def names(*cells: str) -> tuple[str, ...]:
    """The names of what stands in `_(…)`; blanks instead of line ends where a cell is a single line."""
    program = program_of(*cells)
    return program.names(marked(program))


def text(*cells: str) -> str | None:
    program = program_of(*cells)
    return program.text(marked(program))


def constant(*cells: str) -> object:
    program = program_of(*cells)
    return program.constant(marked(program))


def value(*cells: str) -> str:
    program = program_of(*cells)
    return ast.unparse(program.value(marked(program)))


def commands(*cells: str) -> list[list[str]]:
    """The words of all commands, with the text that each stands at where that is another."""
    found = []
    for code in bare_notebook(*cells).codes:
        for command in code.commands:
            written = [code.text[word.start : word.end] for word in command.words]
            found.append(
                [
                    word.text if word.text == span else f"{word.text}@{span}"
                    for word, span in zip(command.words, written, strict=True)
                ]
            )
    return found
