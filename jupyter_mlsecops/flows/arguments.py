"""Takes the arguments of a command apart: options with their values, and the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from jupyter_mlsecops.notebook.shell.commands import Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option. `value` is None where it has none; `word` is the word that holds the value, else the option's own."""

    name: str
    value: str | None
    word: Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """The arguments of a command."""

    options: tuple[Option, ...]
    rest: tuple[Word, ...]

    def value(self, names: Collection[str]) -> str | None:
        """The last value of one of these options."""
        return next((option.value for option in reversed(self.options) if option.name in names), None)

    def values(self, names: Collection[str]) -> list[str | None]:
        """All values of these options, in order."""
        return [option.value for option in self.options if option.name in names]

    def has(self, names: Collection[str]) -> bool:
        """Whether one of these options is there."""
        return any(option.name in names for option in self.options)


def read_arguments(words: Sequence[Word], *, letters: str = "", valued: Collection[str] = ()) -> Arguments:
    """Take arguments apart; `letters`: short options that take a value, `valued`: long ones."""
    options: list[Option] = []
    rest: list[Word] = []
    pending = ""  # the option that waits for its value
    only_rest = False
    for word in words:
        text = word.text
        if pending:
            options.append(Option(name=pending, value=text, word=word))
            pending = ""
        elif only_rest or not text.startswith("-") or text == "-":
            rest.append(word)
        elif text == "--":
            only_rest = True
        elif text.startswith("--"):
            name, separator, value = text.partition("=")
            if separator or name not in valued:
                options.append(Option(name=name, value=value if separator else None, word=word))
            else:
                pending = name
        else:
            pending = _read_letters(word, letters, options)
    if pending:
        options.append(Option(name=pending, value=None, word=words[-1]))
    return Arguments(options=tuple(options), rest=tuple(rest))


def _read_letters(word: Word, letters: str, options: list[Option]) -> str:
    """Take grouped short options apart: `-qO-` is -q, and -O with the value "-". Returns one that waits for its value."""
    text = word.text
    for at, letter in enumerate(text[1:], 1):
        if letter in letters:
            value = text[at + 1 :]
            if not value:
                return f"-{letter}"
            options.append(Option(name=f"-{letter}", value=value, word=word))
            return ""
        options.append(Option(name=f"-{letter}", value=None, word=word))
    return ""
