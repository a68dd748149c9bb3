"""The grammar of the shell, as far as it decides which words are commands; one pass, nothing is read twice."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from jupyter_mlsecops.notebook.shell.model import Command, Pipeline, Redirect, Segment, Word
from jupyter_mlsecops.notebook.shell.words import WordReader

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.shell.text import Fill, ShellSource

_DEEPEST = 20

_BLANKS = re.compile(r"[ \t\r\f\v]+")
_COMMENT = re.compile(r"[^\n]*")
# IPython has joined the lines before the shell sees the comment.
_JOINED_COMMENT = re.compile(r"(?:[^\\\n]|\\(?:\r?\n)?)*")
_CONTINUATION = re.compile(r"\\(?:\r\n?|\n)")
_OPERATOR = re.compile(r";;&?|;&|;|&&|&(?!>)|\|\||\|&?")
_REDIRECT = re.compile(r"(?:&>>?|\d*(?:<<<|<<-?|<>|<&|<(?!\()|>>|>&|>\||>(?!\()))")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=")
_SPECIAL = frozenset("\\#\n&<>|;()0123456789")  # with anything else begins a word
_OPENERS = frozenset({"{", "if", "for", "while", "until", "case", "select"})
_CLOSERS = frozenset({"}", "fi", "done", "esac"})
_BETWEEN = frozenset({"then", "do", "else", "elif", "function"})
_EXPORTERS = frozenset({"export", "declare", "local", "readonly", "typeset"})


@dataclass(slots=True)
class _Builder:
    """The command that is being read."""

    start: int
    words: list[Word] = field(default_factory=list)
    assignments: list[tuple[str, Word]] = field(default_factory=list)
    redirects: list[Redirect] = field(default_factory=list)
    end: int = 0

    @property
    def empty(self) -> bool:
        return not (self.words or self.assignments or self.redirects)


@dataclass(slots=True)
class _Level:
    """What is being read between `$(` and `)`: finished pipelines, the one under way, open groups."""

    pipelines: list[list[Command]] = field(default_factory=list)
    pipeline: list[Command] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    parentheses: int = 0
    closed: int = -1  # the first pipeline of the group that has just been closed
    piped: bool = False  # a `|` waits for its command


class Parser:
    """Reads one text once."""

    def __init__(self, source: ShellSource, *, dialect: Literal["ipython", "script"], fill: Fill) -> None:
        self.source = source
        self.text = source.text
        self.comment = _JOINED_COMMENT if dialect == "ipython" else _COMMENT
        self.words = WordReader(source, ipython=dialect == "ipython", fill=fill, read_commands=self._nested)
        self.depth = 0
        self.resume: tuple[int, int] = (-1, -1)  # a newline, and where to go on behind here-documents

    def parse(self) -> tuple[Pipeline, ...]:
        """All pipelines of the text."""
        pipelines = self._level(0, "")[0]
        del self.words  # which knows this parser: a circle would outlive them
        return pipelines

    def _nested(self, at: int, until: str) -> tuple[tuple[Pipeline, ...], int] | None:
        """The commands of `$(…)`; None where it is too deep to look."""
        if self.depth >= _DEEPEST:
            return None
        self.depth += 1
        try:
            return self._level(at, until)
        finally:
            self.depth -= 1

    def _level(self, at: int, until: str) -> tuple[tuple[Pipeline, ...], int]:
        """Read up to the unquoted character `until`; its end is returned too."""
        text, level = self.text, _Level()
        builder = _Builder(at)
        while at < len(text):
            if match := _BLANKS.match(text, at):
                at = match.end()
                continue
            character = text[at]
            if character == until and not (until == ")" and level.parentheses):
                at += 1
                break
            if character not in _SPECIAL:
                builder, at = self._words(level, builder, at, until)
            elif match := _CONTINUATION.match(text, at) or (self.comment.match(text, at) if character == "#" else None):
                at = match.end()
            elif character == "\n":
                builder = self._end(level, builder, at, pipe=level.piped and builder.empty)
                at = self.resume[1] if self.resume[0] == at else at + 1
            elif match := _REDIRECT.match(text, at):
                at = self._redirect(builder, match, at, until)
            elif match := _OPERATOR.match(text, at):
                builder = self._operator(level, builder, match.group(), at)
                at = match.end()
            elif character in "()":
                builder = self._parenthesis(level, builder, character, at)
                at += 1
            else:
                builder, at = self._words(level, builder, at, until)
        self._end(level, builder, at, pipe=False)
        return tuple(self._pipeline(commands) for commands in level.pipelines if commands), at

    def _words(self, level: _Level, builder: _Builder, at: int, until: str) -> tuple[_Builder, int]:
        """Read the word at `at`, which may be several; whatever stands there, go on."""
        words, end = self.words.read(at, until)
        for word in words:
            builder = self._word(level, builder, word, end)
        return builder, max(end, at + 1)

    def _pipeline(self, commands: list[Command]) -> Pipeline:
        return Pipeline(commands=tuple(commands), start=commands[0].start, end=max(c.end for c in commands))

    def _operator(self, level: _Level, builder: _Builder, operator: str, at: int) -> _Builder:
        pipe = operator in {"|", "|&"}
        if pipe and builder.empty and 0 <= level.closed < len(level.pipelines):
            # `( … ) | sh` and `done | sh`: whatever the group writes goes into the pipe.
            level.pipeline = level.pipelines[level.closed]
            for commands in level.pipelines[level.closed + 1 :]:
                level.pipeline.extend(commands)
            del level.pipelines[level.closed :]
        return self._end(level, builder, at, pipe=pipe)

    def _parenthesis(self, level: _Level, builder: _Builder, character: str, at: int) -> _Builder:
        if character == "(":
            if not builder.empty:
                builder = self._end(level, builder, at, pipe=False)
            self._open(level)
            level.parentheses += 1
            return builder
        builder = self._end(level, builder, at, pipe=False)
        if level.parentheses:
            level.parentheses -= 1
            self._close(level)
        return builder

    def _open(self, level: _Level) -> None:
        level.groups.append(len(level.pipelines) if len(level.groups) < _DEEPEST else -1)

    def _close(self, level: _Level) -> None:
        level.closed = level.groups.pop() if level.groups else -1

    def _word(self, level: _Level, builder: _Builder, word: Word, end: int) -> _Builder:
        text = word.text if builder.empty and not word.quoted and word.known else ""
        if text in _BETWEEN or text in _OPENERS:
            if text in _OPENERS:
                self._open(level)
            if text not in {"for", "case", "select"}:
                builder.start = end
                return builder
        if text in _CLOSERS:
            builder = self._end(level, builder, end, pipe=False)
            self._close(level)
            return builder
        if not builder.words and (match := _assignment(word)):
            builder.assignments.append((match[0], match[1]))
        else:
            builder.words.append(word)
        if len(builder.words) + len(builder.assignments) == 1 and not builder.redirects:
            builder.start = word.start
        builder.end = word.end
        return builder

    def _end(self, level: _Level, builder: _Builder, at: int, *, pipe: bool) -> _Builder:
        """Finish a command; and its pipeline, unless a pipe goes on."""
        if not builder.empty:
            command = Command(
                assignments=tuple(builder.assignments),
                words=tuple(builder.words),
                redirects=tuple(builder.redirects),
                start=builder.start,
                end=builder.end,
            )
            level.pipeline.append(command)
            level.closed = -1
            self._learn(command)
        level.piped = pipe
        if not pipe and level.pipeline:
            level.pipelines.append(level.pipeline)
            level.pipeline = []
        return _Builder(at)

    def _learn(self, command: Command) -> None:
        """Remember what a script assigns to its variables."""
        if not command.words:
            for name, value in command.assignments:
                self.words.assign(name, value.text if value.known else None)
        elif (program := command.words[0].text) in _EXPORTERS:
            for word in command.words[1:]:
                if assignment := _assignment(word):
                    self.words.assign(assignment[0], assignment[1].text if assignment[1].known else None)
        elif program in {"for", "read", "select"}:
            for word in command.words[1:2]:
                self.words.assign(word.text, None)

    def _redirect(self, builder: _Builder, match: re.Match[str], at: int, until: str) -> int:
        operator, end = match.group(), match.end()
        previous = self.text[at - 1 : at]
        start = self.source.start(at)
        if blanks := _BLANKS.match(self.text, end):
            end = blanks.end()
        target: Word | None = None
        if end < len(self.text) and self.text[end] not in "\n;&|<>()":
            words, end = self.words.read(end, until)
            target = words[0] if words else None
        body_start, body_end = self._here_document(operator, target, end)
        redirect = Redirect(
            operator=operator,
            target=target,
            start=start,
            end=self.source.end(end) if target is None else target.end,
            glued=bool(builder.words) and previous not in " \t\r\f\v\n;&|()",
            body=self.text[body_start:body_end] if body_start >= 0 else "",
            body_start=self.source.start(body_start) if body_start >= 0 else -1,
        )
        if builder.empty:
            builder.start = start
        builder.redirects.append(redirect)
        builder.end = redirect.end
        return end

    def _here_document(self, operator: str, target: Word | None, at: int) -> tuple[int, int]:
        """The span of the body of `<<END`, which the lexer then steps over; (-1, -1) where there is none."""
        if operator.lstrip("0123456789") not in {"<<", "<<-"} or target is None:
            return -1, -1
        if self.resume[0] < at:
            newline = self.text.find("\n", at)
            if newline < 0:
                return -1, -1
            self.resume = (newline, newline + 1)
        start = self.resume[1]
        delimiter = re.compile(rf"^\t*{re.escape(target.text)}\r?$", re.MULTILINE).search(self.text, start)
        end = delimiter.start() if delimiter else len(self.text)
        self.resume = (self.resume[0], min(len(self.text), delimiter.end() + 1) if delimiter else end)
        return start, end


def _assignment(word: Word) -> tuple[str, Word] | None:
    """`NAME=value` as its name and the word of the value."""
    first = word.segments[0] if word.segments else None
    if first is None or first.quoted or first.kind != "literal":
        return None
    match = _ASSIGNMENT.match(first.text)
    if match is None:
        return None
    start = first.start + match.end()
    rest = Segment(
        kind="literal", text=first.text[match.end() :], value=first.text[match.end() :], start=start, end=first.end
    )
    segments = word.segments[1:] if not rest.text and len(word.segments) > 1 else (rest, *word.segments[1:])
    return match[1], Word(segments=segments, start=start, end=word.end)
