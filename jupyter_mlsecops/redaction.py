"""Keeps secrets out of everything that leaves: every string passes one redactor that knows the secrets of the file."""

from __future__ import annotations

import ast
import html
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.secrets.shapes.names import words_of
from jupyter_mlsecops.secrets.shapes.tokens import public_prefix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jupyter_mlsecops.notebook.model import Notebook

SHORTEST = 8
"""No run of this many characters of a secret survives; shorter secrets go as whole words."""
_SHOWN = 4
_PROBE = 5
_STRIDE = SHORTEST - _PROBE + 1  # every run of SHORTEST characters holds a probe at a multiple of this
_MARK = re.compile(r"…\(\d{1,7}\)")
_ORDINARY = frozenset(table("credentials")["ordinary"])
_ESCAPE = re.compile(r"%[0-9A-F]{2}")
_WRITTEN_AS_IT_IS = re.compile(r"[A-Za-z0-9_.~-]+")
_WRITTEN_AS_IT_IS_BUT_IN_URLS = re.compile(r"[A-Za-z0-9_.~!#$%()*+,:;=?@\[\]^`{|} -]+")

Replacement = tuple[int, int, str]
"""A span of a text, and what is shown in its place."""


class Redactor:
    """Replaces secrets, their escaped forms and their fragments by a mark such as `ghp_…(40)`.

    Linear in the text; doing it twice changes nothing.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._grams: set[str] = set()
        self._probes: set[str] = set()
        self._prefixes: set[str] = set()
        self._whole: set[str] = set()
        short: set[str] = set()
        known = {secret for secret in secrets if secret.strip()}
        self.longest = max(map(len, known), default=0)
        for secret in known:
            for form in _forms(secret):
                (short.add if len(form) < SHORTEST else self._learn)(form)
        self._prefixes_by_length = sorted(self._prefixes, key=len, reverse=True)
        words = "|".join(map(_whole, sorted(short, key=len, reverse=True)))
        self._short = re.compile(words) if short else None

    def __call__(self, text: str) -> str:
        """The text without the secrets."""
        pieces: list[str] = []
        done = 0
        for start, end, shown in self.replacements(text):
            pieces += text[done:start], shown
            done = end
        return "".join((*pieces, text[done:])) if pieces else text

    def replacements(self, text: str) -> Iterator[Replacement]:
        """What is replaced, in order, none overlapping another."""
        if not self._probes and self._short is None:
            return
        done = 0
        for mark in _MARK.finditer(text):
            yield from self._replaced(text[done : mark.start()], done)
            done = mark.end()
        yield from self._replaced(text[done:], done)

    def _learn(self, form: str) -> None:
        """Remember every run of a secret; the prefix that its provider puts before every token is no secret."""
        prefix = public_prefix(form)
        private = form[len(prefix) :]
        if len(private) < SHORTEST:
            prefix, private = "", form
        if prefix:
            self._prefixes.add(prefix)
        self._whole.add(private)
        self._grams.update([private[at : at + SHORTEST] for at in range(len(private) - SHORTEST + 1)])
        self._probes.update([private[at : at + _PROBE] for at in range(len(private) - _PROBE + 1)])

    def _replaced(self, text: str, offset: int) -> Iterator[Replacement]:
        """The same of a piece of a text that holds no mark and begins at `offset`."""
        done = 0
        for start, end in self._regions(text):
            prefix = next((each for each in self._prefixes_by_length if text.endswith(each, done, start)), "")
            first = start - len(prefix)
            yield from self._words(text[done:first], done + offset)
            yield first + offset, end + offset, f"{prefix[:_SHOWN]}…({end - first})"
            done = end
        yield from self._words(text[done:], done + offset)

    def _words(self, text: str, offset: int) -> Iterator[Replacement]:
        for match in self._short.finditer(text) if self._short else ():
            yield match.start() + offset, match.end() + offset, f"…({len(match.group())})"

    def _regions(self, text: str) -> Iterator[tuple[int, int]]:
        """The maximal spans in which every run of SHORTEST characters is one of a secret's."""
        start = end = -1
        for at in self._runs(text):
            if at > end:
                if end > start and not self._is_ordinary(text[start:end]):
                    yield start, end
                start = at
            end = at + SHORTEST
        if end > start and not self._is_ordinary(text[start:end]):
            yield start, end

    def _is_ordinary(self, fragment: str) -> bool:
        """Whether a fragment, not a whole secret, is nothing but words that everybody uses."""
        return fragment.isalpha() and _ORDINARY.issuperset(words_of(fragment)) and fragment not in self._whole

    def _runs(self, text: str) -> Iterator[int]:
        """Where the runs of secrets begin, in order."""
        probes, grams = self._probes, self._grams
        for probe in range(0, len(text) - _PROBE + 1, _STRIDE):
            if text[probe : probe + _PROBE] in probes:
                for at in range(max(0, probe - _STRIDE + 1), probe + 1):
                    if text[at : at + SHORTEST] in grams:
                        yield at


@dataclass(frozen=True, slots=True)
class RedactorOf:
    """Makes the redactor of a notebook with these secrets; to be asked of the notebook once, for there may be many."""

    secrets: tuple[str, ...]

    def __call__(self, _notebook: Notebook) -> Redactor:
        """The redactor."""
        return Redactor(self.secrets)


def _whole(word: str) -> str:
    """A pattern for a word that is not a part of a longer one."""
    before = r"(?<!\w)" if re.match(r"\w", word) else ""
    after = r"(?!\w)" if re.match(r"\w", word[-1]) else ""
    return before + re.escape(word) + after


def _forms(secret: str) -> Iterator[str]:
    """A secret as it may be written: plain, and escaped for JSON, Python, URLs and HTML; its lines, too."""
    plain = [secret, *_unescaped(secret)]
    plain += [line.strip() for text in plain for line in text.splitlines() if len(line.strip()) >= SHORTEST]
    for text in dict.fromkeys(plain):
        if _WRITTEN_AS_IT_IS.fullmatch(text):
            yield text
            continue
        escaped = (
            quote(text, safe="", errors="replace"),
            quote(text, errors="replace"),
            quote_plus(text, errors="replace"),
        )
        forms = [text, *escaped, *(_ESCAPE.sub(lambda match: match.group().lower(), form) for form in escaped)]
        if not _WRITTEN_AS_IT_IS_BUT_IN_URLS.fullmatch(text):
            forms += [
                json.dumps(text)[1:-1],
                json.dumps(text, ensure_ascii=False)[1:-1],
                json.dumps(json.dumps(text)[1:-1])[1:-1],
                text.replace("/", "\\/"),
                repr(text)[1:-1],
                repr(text + "'")[1:-2],  # the form between double quotes
                html.escape(text),
            ]
        yield from dict.fromkeys(forms)


def _unescaped(secret: str) -> Iterator[str]:
    """The value of a secret that was taken from between the quotes of a program."""
    if "\\" in secret:
        try:
            yield str(ast.literal_eval(f'"""{secret}"""'))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return
