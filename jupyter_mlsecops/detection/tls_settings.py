"""Where commands and configuration files switch the verification of TLS certificates off."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

from jupyter_mlsecops.detection.code_edits import remove_words
from jupyter_mlsecops.findings import Fix, Hit, ReplaceText, Safety, Severity
from jupyter_mlsecops.flows.arguments import Option, read_arguments
from jupyter_mlsecops.flows.command_fetches import tools
from jupyter_mlsecops.flows.hosts import is_private
from jupyter_mlsecops.flows.pinning import is_url
from jupyter_mlsecops.knowledge import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.shell.commands import Command, Word

MESSAGE = "whoever is on the path can read and change what is sent"
BY_HAND = Fix(title="Remove it; for a private authority, name its certificate", safety=Safety.MANUAL)
MAX_LINE = 300  # characters of a line that are looked at
_YES = r"(?:true|1|yes|on)"
_NO = r"(?:false|0|no|off)"


@cache
def facts() -> dict[str, Any]:
    """The table of switches."""
    return table("tls")


def matches(names: tuple[str, ...], patterns: list[str]) -> bool:
    """Whether a name fits a pattern."""
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def commanded(code: Code, command: Command) -> Iterator[Hit]:
    """The flags of a command, and the settings of tools that it changes."""
    flags = facts()["flags"].get(command.program)
    for option in _options(command) if flags else ():
        word, text = option.word, option.word.text.lower()
        name, _, value = text.partition("=")
        if text in flags["long"] or (name in flags["long"] and re.fullmatch(_YES, value)):
            yield _flagged(code, command, word, remove_words(code, word, word))
        elif option.name[1:] in flags.get("letters", "") and option.value is None and len(option.name) == 2:
            yield _flagged(code, command, word, _without(code, word, word.text.index(option.name[1:], 1)))
    yield from _set(code, command)
    for redirect in command.redirects:
        if redirect.body and redirect.body_start >= 0:
            yield from _lines(code, redirect.body, redirect.body_start)


def _set(code: Code, command: Command) -> Iterator[Hit]:
    words = command.arguments
    lowered = [word.text.lower() for word in words]
    for wanted in facts()["settings"].get(command.program, ()):
        folded = [text.lower() for text in wanted]
        for at in range(len(lowered) - len(folded) + 1):
            if lowered[at : at + len(folded)] == folded:
                start, end = words[at].start, words[at + len(folded) - 1].end
                message = f"`{command.program}` is told to verify no certificate: {MESSAGE}"
                yield Hit(at=code.place(start, end), message=message, fixes=(BY_HAND,))


def _options(command: Command) -> tuple[Option, ...]:
    tool = tools().get(command.program)
    valued = tool.valued if tool else ()
    return read_arguments(command.arguments, letters=tool.letters if tool else "", valued=valued).options


def _without(code: Code, word: Word, at: int) -> ReplaceText | None:
    """The edit that takes a letter out of a group."""
    if len(word.text) == 2:
        return remove_words(code, word, word)
    return ReplaceText(place=code.place(*word.span(at, at + 1)), text="")


def _flagged(code: Code, command: Command, word: Word, edit: ReplaceText | None) -> Hit:
    urls = [other.text for other in command.arguments if is_url(other.text) or other.text.startswith("localhost")]
    title = f"Remove {word.text}" if len(word.text) == 2 or word.text.startswith("--") else "Remove -k"
    return Hit(
        at=code.place(*word.span(0, len(word.text))),
        message=f"`{word.text}` switches the verification of certificates off: {MESSAGE}",
        severity=Severity.LOW if urls and all(is_private(url) for url in urls) else None,
        fixes=(Fix(title=title, safety=Safety.UNSAFE, edits=(edit,)) if edit else BY_HAND,),
        subject=next((url for url in urls if "://" in url), ""),
    )


# -- configuration files -----------------------------------------------------------------------------------------------


@cache
def _in_text() -> re.Pattern[str]:
    off = "|".join(map(re.escape, [*facts()["keywords"], *facts()["file-keys-off"]]))
    on = "|".join(map(re.escape, [*facts()["true-keywords"], *facts()["file-keys-on"]]))
    quote = r"[\"']?"
    between = rf"{quote}[ \t]*[:=][ \t]*{quote}"
    return re.compile(rf"(?<![\w-]){quote}(?:(?:{off}){between}{_NO}|(?:{on}){between}{_YES})\b{quote}", re.IGNORECASE)


def texts(code: Code) -> Iterator[Hit]:
    """The settings in a configuration file that a cell writes."""
    if code.kind == "text" and code.file is not None:
        yield from _lines(code, code.text, 0)


def _lines(code: Code, text: str, offset: int) -> Iterator[Hit]:
    for match in _in_text().finditer(text):
        before = text[max(0, match.start() - MAX_LINE) : match.start()]
        if not before.rpartition("\n")[2].lstrip().startswith(("#", "//", ";")):
            place = code.place(offset + match.start(), offset + match.end())
            yield Hit(
                at=place,
                message=f"this setting switches the verification of certificates off: {MESSAGE}",
                fixes=(BY_HAND,),
            )
