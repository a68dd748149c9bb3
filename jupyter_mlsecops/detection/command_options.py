"""The arguments of a command in one spelling: an option's value behind `=`, however it was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.shell.commands import Command, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An argument as a text, and the words that it is made of, one or two."""

    text: str
    first: Word
    last: Word

    @property
    def start(self) -> int:
        """Where it begins; a quote around a whole word is left out."""
        return self.first.span(0, len(self.first.text))[0] if _is_in_quotes(self.first) else self.first.start

    @property
    def end(self) -> int:
        """Where it ends; a quote around a whole word is left out."""
        is_one = self.first is self.last and _is_in_quotes(self.last)
        return self.last.span(0, len(self.last.text))[1] if is_one else self.last.end


def _is_in_quotes(word: Word) -> bool:
    return bool(word.segments) and word.segments[0].start > word.start


def options(command: Command) -> list[Option]:
    """Every argument, and every option once more with the word behind it as its value: `--port 80` as `--port=80`."""
    found: list[Option] = []
    words = command.arguments
    for number, word in enumerate(words):
        found.append(Option(text=word.text, first=word, last=word))
        following = words[number + 1] if number + 1 < len(words) else None
        has_value = word.text.startswith("-") and "=" not in word.text
        if has_value and following is not None and not following.text.startswith("-"):
            found.append(Option(text=f"{word.text}={following.text}", first=word, last=following))
    return found
