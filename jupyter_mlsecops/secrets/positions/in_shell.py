"""Credentials in shell commands: assignments, options, headers, logins."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.secrets.positions.in_text import text_positions
from jupyter_mlsecops.secrets.positions.position import Position, scheme_length

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.shell.model import Command, Word

_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_][\w.-]{0,80})=(?P<value>[^\0]+)")
_OPTION = re.compile(r"--?(?P<name>[A-Za-z][\w-]{1,60})(?:=(?P<value>.+))?", re.DOTALL)
_HEADER = re.compile(r"(?P<name>[\w-]{2,60}):\s{0,4}(?P<value>[^\0]+)", re.DOTALL)
_USER = re.compile(r"[^:\0]{0,200}:(?P<value>[^\0]+)", re.DOTALL)


def shell_positions(code: Code) -> Iterator[Position]:
    """The values under a name in the commands of a program text."""
    for command in code.commands:
        for name, word in command.assignments:
            yield from _valued(code, name, word)
        yield from _arguments(code, command)
        for redirect in command.redirects:
            if redirect.body_start >= 0:
                yield from _inside(code, redirect.body, redirect.body_start)


def _arguments(code: Code, command: Command) -> Iterator[Position]:
    row = _row(command)
    words = command.arguments
    for number, word in enumerate(words):
        following = words[number + 1] if number + 1 < len(words) else None
        yield from _argument(code, row, word, following)
    if row.get("positional") and len(words) > 1 and not words[-1].text.startswith("-"):
        yield from _valued(code, "api_key", words[-1])


def _argument(code: Code, row: dict[str, Any], word: Word, following: Word | None) -> Iterator[Position]:
    text = word.text
    if match := _ASSIGNMENT.fullmatch(text):
        yield from _valued(code, match["name"], word, match.start("value"))
    elif text.startswith("-") and not text.startswith("--") and _is_short(row, text):
        yield from _short_option(code, row, text, word, following)
    elif match := _OPTION.fullmatch(text):
        if match["value"]:
            yield from _valued(code, match["name"], word, match.start("value"))
        elif following is not None and not following.text.startswith("-"):
            yield from _option(code, row, text, match["name"], following)
    elif len(text) > 12:
        yield from _header_or_text(code, word)


def _option(code: Code, row: dict[str, Any], text: str, name: str, value: Word) -> Iterator[Position]:
    """`--name value`."""
    if text in row.get("user", ()):
        yield from _user(code, value)
    elif text not in row.get("header", ()):
        yield from _valued(code, name, value)


def _is_short(row: dict[str, Any], text: str) -> bool:
    known = (*row.get("options", ()), *row.get("user", ()))
    return text in known or text.startswith(tuple(row.get("glued", ())))


def _short_option(code: Code, row: dict[str, Any], text: str, word: Word, following: Word | None) -> Iterator[Position]:
    """`-p value`, `-pvalue`, `-u user:value`."""
    if following is not None and text in row.get("options", ()):
        yield from _valued(code, "password", following)
    elif following is not None and text in row.get("user", ()):
        yield from _user(code, following)
    for option in row.get("glued", ()):
        if text.startswith(option) and len(text) > len(option):
            yield from _valued(code, "password", word, len(option))


def _header_or_text(code: Code, word: Word) -> Iterator[Position]:
    """`Authorization: Bearer value`, or a text with values under names: JSON after `-d`, a line that echo writes."""
    if word.known:
        for found in text_positions(word.text):
            span = word.span(found.start, found.end)
            yield Position(code=code, name=found.name, value=found.value, pieces=(span,))
    match = _HEADER.fullmatch(word.text)
    if match:
        yield from _valued(code, match["name"], word, match.start("value"))


def _user(code: Code, word: Word) -> Iterator[Position]:
    match = _USER.fullmatch(word.text)
    if match:
        yield from _valued(code, "password", word, match.start("value"))


def _valued(code: Code, name: str, word: Word, start: int = 0) -> Iterator[Position]:
    """The rest of a word under a name, where all of it is known and none is put in by Python or a variable."""
    if not word.known or any(segment.kind != "literal" for segment in word.segments):
        return
    start += scheme_length(word.text[start:])
    value = word.text[start:]
    if value:
        yield Position(code=code, name=name, value=value, pieces=(word.span(start, len(word.text)),))


def _inside(code: Code, text: str, start: int) -> Iterator[Position]:
    for found in text_positions(text):
        yield Position(
            code=code, name=found.name, value=found.value, pieces=((start + found.start, start + found.end),)
        )


def _row(command: Command) -> dict[str, Any]:
    """What is known of the options of a command."""
    row = _programs().get(command.program, {})
    wanted = row.get("subcommand")
    return row if wanted is None or any(word.text == wanted for word in command.arguments[:2]) else {}


@cache
def _programs() -> dict[str, dict[str, Any]]:
    return {program: row for row in table("credentials")["command"] for program in row["programs"]}
