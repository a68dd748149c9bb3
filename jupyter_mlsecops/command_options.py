"""The arguments of a command in one spelling: an option's value behind `=`, however it was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.shell import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An argument as a text, with its span."""

    text: str
    start: int
    end: int


def options(command: Command) -> list[Option]:
    """Every argument, and every option once more with the word behind it as its value: `--port 80` as `--port=80`."""
    found: list[Option] = []
    words = command.arguments
    for number, word in enumerate(words):
        text = word.text
        start, end = word.span(0, len(text))
        found.append(Option(text=text, start=start, end=end))
        following = words[number + 1] if number + 1 < len(words) else None
        if text.startswith("-") and "=" not in text and following is not None and not following.text.startswith("-"):
            found.append(Option(text=f"{text}={following.text}", start=start, end=following.end))
    return found
