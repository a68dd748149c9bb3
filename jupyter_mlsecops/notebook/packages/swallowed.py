"""Version specifiers that the shell takes for redirections: `pip install torch>=2.0` installs any torch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.shell.commands import Redirect, Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_mlsecops.notebook.packages.installs import Install, Requirement

_NUMBER = r"v?\d+(?:\.(?:\d+|\*))*(?:[a-z]+\d*|\.?(?:dev|post)\d*)*(?:\+[\w.]+)?"
_VERSION = re.compile(rf"{_NUMBER}(?:,(?:===?|~=|!=){_NUMBER})*,?", re.IGNORECASE)
_CLAUSE = re.compile(r"(?:===?|~=|!=)\s*[\w.*+!\0-]+,?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Swallowed:
    """A requirement with the redirections that should have been its specifier: the whole run as it was meant."""

    requirement: Requirement
    operator: str
    file: str
    start: int
    end: int


def swallowed_specifiers(install: Install) -> Iterator[Swallowed]:
    """The requirements of an install that lose a part to the shell."""
    names = {one.end: one for one in install.requirements if one.kind == "name" and not one.text[:1].isdigit()}
    command = install.command
    pieces: list[Word | Redirect] = sorted((*command.words, *command.redirects), key=lambda piece: piece.start)
    for index, piece in enumerate(pieces):
        following = pieces[index + 1] if index + 1 < len(pieces) else None
        if not isinstance(piece, Word) or not isinstance(following, Redirect):
            continue
        requirement = _requirement(piece, names)
        if requirement is not None and _is_specifier(following, pieces, index + 1):
            last = _last(pieces, index + 1)
            yield Swallowed(
                requirement=requirement,
                operator=following.operator,
                file=following.target.text if following.target else "",
                start=piece.start,
                end=pieces[last].end,
            )


def _requirement(word: Word, names: dict[int, Requirement]) -> Requirement | None:
    requirement = names.get(word.span(0, len(word.text))[1])
    return requirement if requirement is not None and requirement.text == word.text else None


def _is_specifier(redirect: Redirect, pieces: Sequence[Word | Redirect], at: int) -> bool:
    """Whether the author meant a version: the "file" is one, or begins with the rest of the operator."""
    if redirect.operator not in {">", "<"} or redirect.target is None:
        return False
    text = redirect.target.text
    if text in {"=", "=="}:
        following = pieces[at + 1] if at + 1 < len(pieces) else None
        return isinstance(following, Word) and _is_version(following.text)
    if text.startswith("="):
        return _touches(redirect)
    if not _VERSION.fullmatch(text):
        return False
    # `> 2` may be meant as a file; no file is read that is called 2, and none is written that is called 2.0.
    return redirect.glued or redirect.operator == "<" or "." in text


def _touches(redirect: Redirect) -> bool:
    return redirect.target is not None and redirect.target.start == redirect.start + len(redirect.operator)


def _is_version(text: str) -> bool:
    return bool(_VERSION.fullmatch(text)) or "\0" in text


def _last(pieces: Sequence[Word | Redirect], at: int) -> int:
    """The last piece of the run that begins with the redirection at `at`."""
    while True:
        text = _text(pieces[at])
        following = pieces[at + 1] if at + 1 < len(pieces) else None
        if following is None:
            return at
        opens = text in {"=", "=="} or text.endswith(",")
        if isinstance(following, Redirect):
            goes_on = (opens or following.start == pieces[at].end) and _is_specifier(following, pieces, at + 1)
        else:
            goes_on = opens and bool(_is_version(following.text) or _CLAUSE.fullmatch(following.text))
        if not goes_on:
            return at
        at += 1


def _text(piece: Word | Redirect) -> str:
    if isinstance(piece, Word):
        return piece.text
    return piece.target.text if piece.target is not None else ""
