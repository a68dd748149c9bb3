"""What is known of a place where a credential may stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.code import Code

_SCHEME = re.compile(
    r"(?:Bearer|Basic|Token|ApiKey|Api-Key|Key|SharedKey|Splunk|GoogleLogin auth=)[ \t]+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """How to read the value from the environment instead: replace a span by `template`, `{name}` being the variable.

    `module` must be imported for it.
    """

    start: int
    end: int
    template: str = 'os.environ["{name}"]'
    module: str = "os"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedText:
    """A value under a name in plain text."""

    name: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A literal under a name.

    `pieces` are the spans of the value in `code.text`, without quotes: more than one where it is put together.
    `variable` is the environment variable to read instead; `generic` says that the name tells nothing of the provider.
    """

    code: Code
    name: str
    value: str
    pieces: tuple[tuple[int, int], ...]
    variable: str = ""
    generic: bool = False
    compared: bool = False
    rewrite: Rewrite | None = None

    @property
    def start(self) -> int:
        """Where the value begins."""
        return self.pieces[0][0]

    @property
    def end(self) -> int:
        """Where its first piece ends."""
        return self.pieces[0][1]


def scheme_length(value: str) -> int:
    """How many characters of a header's value say how to authenticate: `Bearer ` has seven."""
    match = _SCHEME.match(value)
    return match.end() if match else 0


def standing(code: Code, found: NamedText) -> Position:
    """A position for a value in the text of a code."""
    return Position(code=code, name=found.name, value=found.value, pieces=((found.start, found.end),))


def variable_for(name: str) -> str:
    """The name of an environment variable for what has a name in a program."""
    return re.sub(r"\W+", "_", name).strip("_").upper() or "SECRET"
