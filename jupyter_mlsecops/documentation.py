"""A rule's docstring as data: explanation, examples, references."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["bad", "good", "fixed"]
_FENCE = re.compile(r"^```(\w+) (bad|good|fixed)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"<(https://[^>\s]+)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One fence of a docstring. Cells are separated by lines `# %%`."""

    kind: Kind
    language: str
    source: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The sources of the example's cells."""
        return tuple(part.strip("\n") for part in re.split(r"^# %%$", self.source, flags=re.MULTILINE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Documentation:
    """What a docstring says. `markdown` is the whole of it, de-indented; `summary` its first line."""

    markdown: str
    summary: str
    examples: tuple[Example, ...]
    references: tuple[str, ...]


def read_documentation(docstring: str) -> Documentation:
    """Read the docstring of a rule; fences are tagged `bad`, `good` or `fixed` after their language."""
    markdown = inspect.cleandoc(docstring)
    examples = tuple(
        Example(kind=kind, language=language, source=source) for language, kind, source in _FENCE.findall(markdown)
    )
    return Documentation(
        markdown=markdown,
        summary=markdown.partition("\n")[0],
        examples=examples,
        references=tuple(_LINK.findall(markdown)),
    )
