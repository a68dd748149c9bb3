"""What a shell command is made of: immutable words with a place for every character."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from jupyter_mlsecops.notebook.shell.program import program_and_arguments

if TYPE_CHECKING:
    from collections.abc import Callable

HOLE = "\0"
"""Stands for an unknown part inside a partly known string."""

SegmentKind = Literal["literal", "python", "variable", "substitution"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A piece of a word: literal text, an interpolation, or the output of other commands.

    `text` is the unquoted text, the Python expression, or the name of the variable. `value` is what the piece stands
    for, None where that is not known. `start` and `end` leave quotes out.
    """

    kind: SegmentKind
    text: str
    start: int
    end: int
    quoted: bool = False
    value: str | None = None
    pipelines: tuple[Pipeline, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Word:
    """One word as the shell sees it; `start` and `end` include its quotes."""

    segments: tuple[Segment, ...]
    start: int
    end: int

    @cached_property
    def text(self) -> str:
        """The word without quotes, HOLE for each unknown part."""
        return "".join(HOLE if segment.value is None else segment.value for segment in self.segments)

    @property
    def known(self) -> bool:
        """Whether every part of the word is known."""
        return all(segment.value is not None for segment in self.segments)

    @property
    def quoted(self) -> bool:
        """Whether any part of the word stands in quotes or behind a backslash."""
        return any(segment.quoted for segment in self.segments)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters `start` to `end` of `text` stand; an interpolation stands there as a whole."""
        if not self.segments:
            return self.start, self.end
        first, last = self.segments[0].start, self.segments[-1].end
        at = 0
        for segment in self.segments:
            size = 1 if segment.value is None else len(segment.value)
            exact = segment.kind == "literal" and size == segment.end - segment.start
            if at <= start < at + size:
                first = segment.start + (start - at if exact else 0)
            if at < end <= at + size:
                last = segment.start + end - at if exact else segment.end
            at += size
        return first, last


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """A redirection. `glued`: no blank stands before the operator, it touches the word before.

    `body` is the text of a here-document, where `body_start` is not -1.
    """

    operator: str
    target: Word | None
    start: int
    end: int
    glued: bool = False
    body: str = ""
    body_start: int = -1


@dataclass(frozen=True, kw_only=True)
class Command:
    """One simple command: `A=1 program argument > file`."""

    assignments: tuple[tuple[str, Word], ...] = ()
    words: tuple[Word, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    start: int
    end: int

    @property
    def program(self) -> str:
        """What is run, behind wrappers such as sudo, by its plain name; "" if nothing is, or if it is not known.

        pip, pip3, a path to pip and `python -m pip` are "pip"; python3.11 and `{sys.executable}` are "python".
        """
        return self._program[0]

    @property
    def arguments(self) -> tuple[Word, ...]:
        """The words after the program."""
        return self.words[self._program[1] :]

    @cached_property
    def _program(self) -> tuple[str, int]:
        return program_and_arguments(self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Commands of which each reads what the ones before it write."""

    commands: tuple[Command, ...]
    start: int
    end: int


def literal_word(text: str, start: int, end: int) -> Word:
    """A word of known text, or with HOLEs, that stands at a span (an element of a list of arguments, for instance)."""
    pieces = text.split(HOLE)
    exact = len(text) == end - start
    segments: list[Segment] = []
    at = 0
    for number, piece in enumerate(pieces):
        if number:
            span = (start + at, start + at + 1) if exact else (start, end)
            segments.append(Segment(kind="variable", text="", start=span[0], end=span[1], quoted=True))
            at += 1
        if piece or len(pieces) == 1:
            span = (start + at, start + at + len(piece)) if exact else (start, end)
            segments.append(
                Segment(kind="literal", text=piece, value=piece, start=span[0], end=span[1], quoted=True),
            )
            at += len(piece)
    return Word(segments=tuple(segments), start=start, end=end)


def moved(pipelines: tuple[Pipeline, ...], position: Callable[[int], int]) -> tuple[Pipeline, ...]:
    """The same pipelines with every start and end mapped; `position` must not decrease."""
    return tuple(
        replace(
            pipeline,
            commands=tuple(_move_command(command, position) for command in pipeline.commands),
            start=position(pipeline.start),
            end=position(pipeline.end),
        )
        for pipeline in pipelines
    )


def _move_command(command: Command, position: Callable[[int], int]) -> Command:
    return replace(
        command,
        assignments=tuple((name, _move_word(value, position)) for name, value in command.assignments),
        words=tuple(_move_word(word, position) for word in command.words),
        redirects=tuple(_move_redirect(redirect, position) for redirect in command.redirects),
        start=position(command.start),
        end=position(command.end),
    )


def _move_redirect(redirect: Redirect, position: Callable[[int], int]) -> Redirect:
    return replace(
        redirect,
        target=None if redirect.target is None else _move_word(redirect.target, position),
        start=position(redirect.start),
        end=position(redirect.end),
        body_start=-1 if redirect.body_start < 0 else position(redirect.body_start),
    )


def _move_word(word: Word, position: Callable[[int], int]) -> Word:
    segments = tuple(
        replace(
            segment,
            start=position(segment.start),
            end=position(segment.end),
            pipelines=moved(segment.pipelines, position),
        )
        for segment in word.segments
    )
    return replace(word, segments=segments, start=position(word.start), end=position(word.end))
