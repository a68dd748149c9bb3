"""Edits of program text that fixes are made of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import ReplaceText

if TYPE_CHECKING:
    import ast

    from jupyter_mlsecops.notebook.code import Call, Code
    from jupyter_mlsecops.notebook.shell import Word

_COMMA_BEFORE = re.compile(r",[\s\\]*\Z")
_COMMA_AFTER = re.compile(r"\s*,[ \t]*")


def add_argument(call: Call, argument: str) -> ReplaceText:
    """Add a keyword argument at the end of a call."""
    code = call.code
    given = [*call.node.args, *(keyword.value for keyword in call.node.keywords)]
    if not given:
        return ReplaceText(place=code.place(call.end - 1, call.end - 1), text=argument)
    end = max(code.span(node)[1] for node in given)
    # Brackets around the last argument are not part of its node.
    closing = code.text.rfind(")", end, call.end - 1)
    at = end if closing < 0 or "#" in code.text[end : call.end] else closing + 1
    return ReplaceText(place=code.place(at, at), text=f", {argument}")


def remove_keyword(call: Call, keyword: ast.keyword) -> ReplaceText:
    """Remove a keyword argument together with one of its commas."""
    text = call.code.text
    start, end = call.code.span(keyword)
    if before := _COMMA_BEFORE.search(text, call.start, start):
        start = before.start()
    elif after := _COMMA_AFTER.match(text, end, call.end):
        end = after.end()
    return ReplaceText(place=call.code.place(start, end), text="")


def replace_node(code: Code, node: ast.AST, text: str) -> ReplaceText:
    """Replace an expression."""
    return ReplaceText(place=code.place(*code.span(node)), text=text)


def remove_word(code: Code, word: Word) -> ReplaceText:
    """Remove a word of a command together with the blanks before it."""
    start = word.start
    while start and code.text[start - 1] in " \t":
        start -= 1
    return ReplaceText(place=code.place(start, word.end), text="")
