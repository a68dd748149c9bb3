"""Which rules have something to say about a notebook: told by the words in its program texts, before any is parsed."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

import re2

from jupyter_mlsecops.notebook.file_kinds import DEPENDENCY_KINDS
from jupyter_mlsecops.rule import Reads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_mlsecops.notebook.model import Cell, Notebook
    from jupyter_mlsecops.rule import Rule

_DECLARING = re.compile("%%(?:writefile|file|writetemplate)|# /// script")
_INSTALLING = "pip install conda uv requirement"
_CONTINUED = "\\\n"


class Gate:
    """Lets through the rules of which one of the triggers stands in a program text.

    All triggers are sought at once, in time that grows with the text alone.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        words = sorted({trigger for rule in rules for trigger in rule.triggers})
        numbers = {word: number for number, word in enumerate(words)}
        self._triggers = {rule: frozenset(numbers[trigger] for trigger in rule.triggers) for rule in rules}
        self._set = re2.Set.SearchSet()
        for word in words:
            self._set.Add(re2.escape(word))
        self._set.Compile()

    def open_for(self, notebook: Notebook) -> frozenset[int]:
        """The numbers of the triggers that stand in a notebook."""
        found = frozenset[int]().union(*(cell.once(self._in_cell) for cell in notebook.cells if cell.type == "code"))
        return found | self._in_text(_INSTALLING) if notebook.kind in DEPENDENCY_KINDS else found | self._in_text("")

    def can_speak(self, rule: Rule, found: frozenset[int]) -> bool:
        """False where a rule has nothing to say, for none of its triggers is there; any text may hold what rules of texts seek."""
        return rule.reads is Reads.TEXT or not self._triggers[rule].isdisjoint(found)

    def _in_cell(self, cell: Cell) -> frozenset[int]:
        return self._in_text(program_text(cell.source))

    def _in_text(self, text: str) -> frozenset[int]:
        return frozenset(self._set.Match(text.encode("utf-8", "surrogatepass")) or ())


@cache
def gate(rules: tuple[Rule, ...]) -> Gate:
    """The gate of some rules."""
    return Gate(rules)


def program_text(source: str) -> str:
    """All that triggers are sought in: as written, with continued lines joined, and as Python reads foreign letters.

    A file of dependencies installs packages without saying so.
    """
    text = source
    if _DECLARING.search(text):
        text = f"{text}\n{_INSTALLING}"
    if _CONTINUED in text:
        text = f"{text}\n{text.replace(_CONTINUED, '')}"
    return text if text.isascii() else f"{text}\n{unicodedata.normalize('NFKC', text)}"
