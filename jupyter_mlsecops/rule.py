"""What a rule is, and the decorators that make one; explanation and examples come from its docstring."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from jupyter_mlsecops.documentation import Documentation, read_documentation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from jupyter_mlsecops.findings import Confidence, Hit, Severity
    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.model import Notebook, Text
    from jupyter_mlsecops.suppressions import Unused

Category = Literal[
    "secrets", "deserialization", "downloads", "packages", "execution", "transport", "untrusted", "privacy", "llm", "outputs"
]  # fmt: skip
CATEGORIES: tuple[Category, ...] = Category.__args__  # type: ignore[attr-defined]


class Reads(Enum):
    """What a rule is handed, one at a time."""

    CODE = "code"  # a Code: one cell's program text, or a file that a cell writes
    TEXT = "text"  # a Text: any decoded part
    NOTEBOOK = "notebook"  # the whole Notebook
    SUPPRESSION = "suppression"  # an Unused: one of our suppressions that silenced nothing


class Merge(Enum):
    """How hits of one rule become one finding: the first place speaks, the others are related to it."""

    NONE = "none"
    CELL = "cell"  # one finding a cell, whatever the subject
    SUBJECT = "subject"  # one finding a subject and notebook


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """One thing to look for; there is one object for each, and no two are the same.

    `severity` and `confidence` hold where a hit does not bring its own. `triggers` are substrings: where none of them
    stands in any program text of the notebook, the rule has nothing to say ("" = always run). `summarise` words the
    message of a merged finding from the subjects of its hits, in order and without repeats.
    """

    id: str
    category: Category
    reads: Reads
    check: Callable[[Any], Iterable[Hit]]
    severity: Severity
    confidence: Confidence
    cwe: tuple[int, ...] = ()
    owasp: tuple[str, ...] = ()
    atlas: tuple[str, ...] = ()
    merge: Merge = Merge.NONE
    summarise: Callable[[Sequence[str]], str] | None = None
    triggers: tuple[str, ...] = ("",)
    default: bool = True

    @cached_property
    def documentation(self) -> Documentation:
        """Explanation, examples and references, from the docstring."""
        return read_documentation(self.check.__doc__ or "")


class _Declaration:
    """The keyword arguments of a rule, waiting for its function."""

    def __init__(self, reads: Reads, facts: dict[str, Any]) -> None:
        self.reads = reads
        self.facts = facts

    def __call__(self, check: Callable[[Any], Iterable[Hit]]) -> Rule:
        return Rule(id=check.__name__.replace("_", "-"), reads=self.reads, check=check, **self.facts)


def code_rule(**facts: Any) -> Callable[[Callable[[Code], Iterable[Hit]]], Rule]:
    """A rule over program text; `facts` are the fields of Rule beside id, reads and check."""
    return _Declaration(Reads.CODE, facts)


def text_rule(**facts: Any) -> Callable[[Callable[[Text], Iterable[Hit]]], Rule]:
    """A rule over any decoded text; `facts` are the fields of Rule beside id, reads and check."""
    return _Declaration(Reads.TEXT, facts)


def notebook_rule(**facts: Any) -> Callable[[Callable[[Notebook], Iterable[Hit]]], Rule]:
    """A rule over a whole notebook; `facts` are the fields of Rule beside id, reads and check."""
    return _Declaration(Reads.NOTEBOOK, facts)


def suppression_rule(**facts: Any) -> Callable[[Callable[[Unused], Iterable[Hit]]], Rule]:
    """A rule over suppressions that silenced nothing; `facts` are the fields of Rule beside id, reads and check."""
    return _Declaration(Reads.SUPPRESSION, facts)
