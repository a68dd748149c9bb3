"""Edits of program text that fixes are made of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import ReplaceText

if TYPE_CHECKING:
    import ast

    from jupyter_mlsecops.notebook.code import Call, Code
    from jupyter_mlsecops.notebook.shell.commands import Word

# What may stand between two arguments, comments included.
_BETWEEN = re.compile(r"(?:[ \t\r\n\f]|\\\r?\n|#[^\r\n]*)*")
_COMMA_AFTER = re.compile(r"[\s\\]*,[ \t]*")
_BLANKS = " \t\r\n\f\\"


def add_argument(call: Call, argument: str) -> ReplaceText:
    """Add a keyword argument at the end of a call."""
    code = call.code
    given = [*call.node.args, *(keyword.value for keyword in call.node.keywords)]
    if not given:
        return ReplaceText(place=code.place(call.end - 1, call.end - 1), text=argument)
    at = max(code.span(node)[1] for node in given)
    # Brackets around the last argument are not part of its node.
    while (between := _BETWEEN.match(code.text, at, call.end - 1)) and code.text[
        between.end() : call.end - 1
    ].startswith(")"):
        at = between.end() + 1
    return ReplaceText(place=code.place(at, at), text=f", {argument}")


def remove_keyword(call: Call, keyword: ast.keyword) -> ReplaceText:
    """Remove a keyword argument together with one of its commas."""
    start, end = call.code.span(keyword)
    # Brackets around the value are not part of its node.
    opening = call.code.text.count("(", start, call.code.span(keyword.value)[0])
    while (
        opening
        and (between := _BETWEEN.match(call.code.text, end, call.end - 1))
        and call.code.text.startswith(")", between.end())
    ):
        end, opening = between.end() + 1, opening - 1
    return remove_item(call.code, start, end, call.start, call.end)


def remove_item(code: Code, start: int, end: int, first: int, last: int) -> ReplaceText:
    """Remove one of several items that commas separate, together with one comma; they stand between `first` and `last`."""
    text = code.text
    before = start
    while before > first and text[before - 1] in _BLANKS:
        before -= 1
    if before > first and text[before - 1] == ",":
        start = before - 1
    elif after := _COMMA_AFTER.match(text, end, last):
        end = after.end()
    return ReplaceText(place=code.place(start, end), text="")


def replace_node(code: Code, node: ast.AST, text: str) -> ReplaceText:
    """Replace an expression."""
    return ReplaceText(place=code.place(*code.span(node)), text=text)


def remove_words(code: Code, first: Word, last: Word) -> ReplaceText | None:
    """Remove words of a command that follow one another, with the blanks before them; None where that is not possible.

    A word that is an item of a list of Python is removed with its quotes and its comma.
    """
    text, start, end = code.text, first.start, last.end
    quote = text[start - 1] if start else ""
    if quote in ("'", '"') and text[end : end + 1] == quote:
        whole = start - 1, end + 1
        before = text[: whole[0]].rstrip()[-1:]
        after = text[whole[1] : whole[1] + 200].lstrip()[:1]
        if before in ("[", "(", ",") and after in ("]", ")", ",") and first is last:
            return remove_item(code, *whole, 0, len(text))
        return None
    if any(mark in text[first.end : last.start] for mark in ("'", '"', ",")):
        return None
    while start and text[start - 1] in " \t":
        start -= 1
    return ReplaceText(place=code.place(start, end), text="")
