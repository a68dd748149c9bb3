"""How the shell reads one word: quotes, escapes, variables and the output of other commands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.shell.model import Segment, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_mlsecops.notebook.shell.model import Pipeline
    from jupyter_mlsecops.notebook.shell.text import Fill, ShellSource

    ReadCommands = Callable[[int, str], tuple[tuple[Pipeline, ...], int] | None]

_HOLE = "\0"
_LONGEST_VALUE = 10_000
_MOST_FILLED = 200_000  # all values of one text together: a long variable may be named often

_PLAIN = re.compile(r"[^ \t\r\n\f\v'\"\\$`|&;<>()]+")
_PLAIN_IN_QUOTES = re.compile(r"[^\"\\$`]+")
_PLAIN_IN_ANSI = re.compile(r"[^'\\]+")
_ENDS_WORD = frozenset(" \t\r\n\f\v|&;<>()")
_BLANKS = re.compile(r"[ \t\r\n]+")
_BLANK = ("", " ", "\t", "\r", "\n", "\f", "\v")
_VARIABLE = re.compile(r"\$(?:([^\W\d]\w*|[\d@*#?$!-])|\{(\w+)\})")
_ESCAPED_NAME = re.compile(r"\$\$([^\W\d]\w*)")
_CONTINUATION = re.compile(r"\\(?:\r\n?|\n)")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")


@dataclass(slots=True)
class _Draft:
    """A word that is being read; the value of a variable may break it into several."""

    start: int
    until: str
    words: list[list[Segment]] = field(default_factory=lambda: [[]])

    @property
    def segments(self) -> list[Segment]:
        return self.words[-1]

    @property
    def assigns(self) -> bool:
        """`NAME=$value`: the shell does not split the value."""
        first = self.words[0][:1]
        return bool(first) and first[0].kind == "literal" and bool(_ASSIGNMENT.match(first[0].text))


class WordReader:
    """Reads words of one text; knows the variables that the text itself has set so far."""

    def __init__(self, source: ShellSource, *, ipython: bool, fill: Fill, read_commands: ReadCommands) -> None:
        self.source = source
        self.text = source.text
        self.ipython = ipython
        self.fill = fill
        self.read_commands = read_commands
        # Most texts have nothing put in, and most of their words nothing but letters.
        self.is_written_out = not source.insertions and _HOLE not in source.text
        self.assigned: dict[str, str | None] = {}
        self.filled = 0
        self.unclosed: set[str] = set()  # closers that do not occur any more: not sought again

    def assign(self, name: str, value: str | None) -> None:
        """From here on the variable has this value; None: it is not known."""
        self.assigned[name] = value

    def read(self, at: int, until: str) -> tuple[list[Word], int]:
        """The word at `at` (several, or none, where a variable says so) and its end; always moves on."""
        if (
            self.is_written_out
            and (match := _PLAIN.match(self.text, at))
            and self.text[match.end() : match.end() + 1] in _BLANK
        ):
            first, last = self.source.base + at, self.source.base + match.end()
            segment = Segment(kind="literal", text=match[0], value=match[0], start=first, end=last)
            return [Word(segments=(segment,), start=first, end=last)], match.end()
        draft, start = _Draft(at, until), at
        while at < len(self.text):
            character = self.text[at]
            if match := _PLAIN.match(self.text, at):
                draft.segments.extend(self._literal(at, match.end(), quoted=False))
                at = match.end()
            elif character == until or (character in _ENDS_WORD and not self._is_process(at)):
                break
            elif self.ipython and _CONTINUATION.match(self.text, at):
                break  # IPython joins the lines with a blank
            else:
                at = self._special(draft, character, at)
        return self._words(draft, start, at), at

    def _special(self, draft: _Draft, character: str, at: int) -> int:
        if character == "\\":
            return self._backslash(draft, at)
        if character == "'":
            return self._single_quoted(draft, at)
        if character == '"':
            return self._double_quoted(draft, at)
        if character == "`":
            return self._commands(draft, at, at + 1, "`", quoted=False)
        if character == "$":
            return self._dollar(draft, at, quoted=False)
        return self._commands(draft, at, at + 2, ")", quoted=False)

    def _is_process(self, at: int) -> bool:
        return self.text.startswith(("<(", ">("), at)

    def _words(self, draft: _Draft, start: int, end: int) -> list[Word]:
        found = [segments for segments in draft.words if segments]
        words = [Word(segments=tuple(part), start=part[0].start, end=part[-1].end) for part in found]
        if words:
            # The quotes at either end belong to the word though not to its segments.
            first, last = self.source.start(start), self.source.end(end)
            words[0] = Word(segments=words[0].segments, start=first, end=words[0].end)
            words[-1] = Word(segments=words[-1].segments, start=words[-1].start, end=last)
        return words

    def _literal(self, start: int, end: int, *, quoted: bool) -> Iterator[Segment]:
        """Literal text, cut where Python's values stand in it."""
        if self.is_written_out:
            if start < end:
                text, base = self.text[start:end], self.source.base
                yield Segment(kind="literal", text=text, value=text, start=base + start, end=base + end, quoted=quoted)
            return
        while start < end:
            insertion = self.source.insertion(start)
            if insertion is not None:
                stop = min(end, insertion.end)
                is_brace = insertion.expression in "{}"
                yield Segment(
                    kind="literal" if is_brace else "python",
                    text=insertion.expression,
                    start=insertion.source_start,
                    end=insertion.source_end,
                    quoted=quoted,
                    value=None if insertion.value is None else self.text[start:stop],
                )
            elif self.text[start] == _HOLE:
                stop = start + 1
                yield self._segment("", start, stop, None, quoted=quoted)
            else:
                stop = self.source.next_insertion(start, end)
                hole = self.text.find(_HOLE, start, stop)
                stop = stop if hole < 0 else hole
                text = self.text[start:stop]
                span = self.source.start(start), self.source.end(stop)
                yield Segment(kind="literal", text=text, value=text, start=span[0], end=span[1], quoted=quoted)
            start = stop

    def _segment(self, name: str, start: int, end: int, value: str | None, *, quoted: bool) -> Segment:
        first, last = self.source.start(start), self.source.end(end)
        return Segment(kind="variable", text=name, start=first, end=last, value=value, quoted=quoted)

    def _backslash(self, draft: _Draft, at: int) -> int:
        if match := _CONTINUATION.match(self.text, at):
            return match.end()
        end = min(at + 2, len(self.text))
        draft.segments.extend(self._literal(min(at + 1, end - 1), end, quoted=True))
        return end

    def _single_quoted(self, draft: _Draft, at: int) -> int:
        end = self._find("'", at + 1)
        stop = len(self.text) if end < 0 else end
        self._quoted(draft, at + 1, stop)
        return stop if end < 0 else end + 1

    def _quoted(self, draft: _Draft, start: int, end: int) -> None:
        draft.segments.extend(self._literal(start, end, quoted=True))
        if start >= end:
            self._nothing(draft, end)

    def _nothing(self, draft: _Draft, at: int) -> None:
        """An empty pair of quotes is a word too."""
        place = self.source.start(at)
        draft.segments.append(Segment(kind="literal", text="", value="", start=place, end=place, quoted=True))

    def _double_quoted(self, draft: _Draft, at: int) -> int:
        at += 1
        words, size = len(draft.words), len(draft.segments)
        while at < len(self.text):
            character = self.text[at]
            if match := _PLAIN_IN_QUOTES.match(self.text, at):
                draft.segments.extend(self._literal(at, match.end(), quoted=True))
                at = match.end()
            elif character == '"' or character == draft.until == "`":
                break
            elif character == "$":
                at = self._dollar(draft, at, quoted=True)
            elif character == "`":
                at = self._commands(draft, at, at + 1, "`", quoted=True)
            elif self.text[at + 1 : at + 2] in {"$", "`", '"', "\\", "\n", "\r"}:
                at = self._backslash(draft, at)
            else:
                draft.segments.extend(self._literal(at, at + 1, quoted=True))
                at += 1
        if (words, size) == (len(draft.words), len(draft.segments)):
            self._nothing(draft, min(at, len(self.text)))
        return at + 1 if self.text.startswith('"', at) else at

    def _ansi_quoted(self, draft: _Draft, at: int) -> int:
        """`$'…'`: escapes are kept as they are written but for the quote itself."""
        size = len(draft.segments)
        while at < len(self.text) and self.text[at] != "'":
            match = _PLAIN_IN_ANSI.match(self.text, at)
            end = match.end() if match else min(at + 2, len(self.text))
            draft.segments.extend(self._literal(at if match else min(at + 1, end - 1), end, quoted=True))
            at = end
        if size == len(draft.segments):
            self._nothing(draft, min(at, len(self.text)))
        return min(at + 1, len(self.text))

    def _dollar(self, draft: _Draft, at: int, *, quoted: bool) -> int:
        if self.text.startswith("$((", at):
            return self._unknown(draft, at, "))", quoted=quoted)
        if self.text.startswith("$(", at):
            return self._commands(draft, at, at + 2, ")", quoted=quoted)
        if not quoted and self.text.startswith("$'", at):
            return self._ansi_quoted(draft, at + 2)
        if not quoted and self.text.startswith('$"', at):
            return self._double_quoted(draft, at + 1)
        if self.ipython and (match := _ESCAPED_NAME.match(self.text, at)):
            self._value(draft, match, match[1], self.assigned.get(match[1]), quoted=quoted)
            return match.end()
        if match := _VARIABLE.match(self.text, at):
            name = match[1] or match[2]
            self._value(draft, match, name, self._known(name), quoted=quoted)
            return match.end()
        if self.text.startswith("${", at):
            return self._unknown(draft, at, "}", quoted=quoted)
        draft.segments.extend(self._literal(at, at + 1, quoted=quoted))
        return at + 1

    def _known(self, name: str) -> str | None:
        """The value of a variable: Python's names come first on IPython's lines, the script's own in scripts."""
        if not self.ipython and name in self.assigned:
            return self.assigned[name]
        value = self.fill("variable", name)
        return self.assigned.get(name) if value is None else value

    def _value(self, draft: _Draft, match: re.Match[str], name: str, value: str | None, *, quoted: bool) -> None:
        if value is not None:
            self.filled += len(value)
            value = None if len(value) > _LONGEST_VALUE or self.filled > _MOST_FILLED else value
        if value is None or quoted or draft.assigns or not _BLANKS.search(value):
            if value != "" or quoted:
                draft.segments.append(self._segment(name, *match.span(), value, quoted=quoted))
            return
        for number, piece in enumerate(_BLANKS.split(value)):
            if number:
                draft.words.append([])
            if piece:
                draft.segments.append(self._segment(name, *match.span(), piece, quoted=False))

    def _unknown(self, draft: _Draft, at: int, closer: str, *, quoted: bool) -> int:
        """An expansion that is not worked out: `${name:-x}`, `$((1 + 1))`."""
        end = self._find(closer, at)
        if end < 0:
            draft.segments.extend(self._literal(at, at + 1, quoted=quoted))
            return at + 1
        end += len(closer)
        draft.segments.append(self._segment(self.text[at:end], at, end, None, quoted=quoted))
        return end

    def _commands(self, draft: _Draft, at: int, inside: int, until: str, *, quoted: bool) -> int:
        nested = self.read_commands(inside, until)
        if nested is None:
            draft.segments.extend(self._literal(at, inside, quoted=quoted))
            return inside
        pipelines, end = nested
        draft.segments.append(
            Segment(
                kind="substitution",
                text=self.text[at:end],
                start=self.source.start(at),
                end=self.source.end(end),
                quoted=quoted,
                pipelines=pipelines,
            ),
        )
        return end

    def _find(self, closer: str, at: int) -> int:
        if closer in self.unclosed:
            return -1
        end = self.text.find(closer, at)
        if end < 0:
            self.unclosed.add(closer)
        return end
