"""One shell line or script as commands with words and offsets; linear and bounded on any text."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from jupyter_mlsecops.notebook.shell.model import (
    HOLE,
    Command,
    Pipeline,
    Redirect,
    Segment,
    Word,
    literal_word,
    moved,
)
from jupyter_mlsecops.notebook.shell.parser import Parser
from jupyter_mlsecops.notebook.shell.text import interpolate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "HOLE", "Command", "Dialect", "Pipeline", "Redirect", "Segment", "Word", "flatten", "literal_word", "moved", "parse",
]  # fmt: skip

Dialect = Literal["ipython", "script"]

_SHELLS = frozenset({"ash", "bash", "dash", "ksh", "sh", "zsh"})
_DEEPEST = 20


def nothing(_kind: Literal["python", "variable"], _text: str) -> str | None:
    """No interpolation is known."""
    return None


def parse(
    text: str,
    *,
    dialect: Dialect,
    fill: Callable[[Literal["python", "variable"], str], str | None] = nothing,
    base: int = 0,
) -> tuple[Pipeline, ...]:
    """Read shell text; never raises. Positions are code points of `text`, and `base` more.

    `fill` gives the value of an interpolation where it is known. IPython writes Python's values into the line before
    the shell reads it, so such a value may hold several words, or operators.
    """
    source = interpolate(text, fill if dialect == "ipython" else None, base)
    return Parser(source, dialect=dialect, fill=fill).parse()


def flatten(pipelines: tuple[Pipeline, ...], *, depth: int = 0) -> Iterator[Command]:
    """All commands, outer before inner: those in `$(…)`, backticks, `<(…)` and `sh -c "…"` too."""
    if depth > _DEEPEST:
        return
    for pipeline in pipelines:
        for command in pipeline.commands:
            yield command
            for word in _words(command):
                for segment in word.segments:
                    yield from flatten(segment.pipelines, depth=depth + 1)
            yield from flatten(inner_script(command), depth=depth + 1)


def inner_script(command: Command) -> tuple[Pipeline, ...]:
    """The commands of the script in `sh -c "…"` or `eval "…"`; empty where there is none."""
    word = _script_word(command)
    if word is None:
        return ()
    return moved(parse(word.text, dialect="script"), positions(word).__getitem__)


def _script_word(command: Command) -> Word | None:
    program = command.program
    if program not in _SHELLS and program != "eval":
        return None
    arguments = command.arguments
    if program == "eval":
        return arguments[0] if len(arguments) == 1 else None
    for flag, script in pairwise(arguments):
        if flag.text.startswith("-") and not flag.text.startswith("--") and flag.text.endswith("c"):
            return script
        if not flag.text.startswith("-"):
            return None
    return None


def positions(word: Word) -> list[int]:
    """Where each character of the word's text stands, and its end; an escaped one stands at its backslash."""
    places: list[int] = []
    end = word.start
    for segment in word.segments:
        size = 1 if segment.value is None else len(segment.value)
        exact = segment.kind == "literal" and size == segment.end - segment.start
        escaped = exact and size == 1 and places and end == segment.start - 1
        start = segment.start - 1 if escaped else segment.start
        places.extend(range(start, start + size) if exact else [start] * size)
        end = segment.end
    return [*places, end]


def _words(command: Command) -> Iterator[Word]:
    for _, value in command.assignments:
        yield value
    yield from command.words
    for redirect in command.redirects:
        if redirect.target is not None:
            yield redirect.target
