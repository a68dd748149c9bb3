"""One thing that happens to a file, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import ast

    from jupyter_mlsecops.flows.fetches import Fetch
    from jupyter_mlsecops.flows.functions import Moment
    from jupyter_mlsecops.notebook.code import Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place in the run of a notebook. `idle`: in a function that nothing calls, so it may run at any time."""

    moment: Moment
    number: int  # of the text
    offset: int
    idle: bool = False


Kind = Literal["copy", "extract"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Event:
    """Something that gives a path its content.

    `fetch`: it came over the network. `content`: an expression that was written there. `source`: another path that it was
    made from, by copying or extracting (`kind`). None of the three: the notebook made it. `tree`: everything below the
    path too. `code` is where `content` is read.
    """

    path: str
    spot: Spot
    code: Code
    tree: bool = False
    fetch: Fetch | None = None
    content: ast.expr | None = None
    source: str | None = None
    kind: Kind = "copy"
