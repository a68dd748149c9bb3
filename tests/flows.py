"""Asks of a notebook where what a call reads comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebooks import code, read_notebook

from jupyter_mlsecops.flows.fetches import all_fetches
from jupyter_mlsecops.flows.provenance import Provenance, provenance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_mlsecops.flows.fetches import Fetch
    from jupyter_mlsecops.notebook.code import Code


def codes_of(*cells: str, counts: Sequence[int | None] = ()) -> tuple[Code, ...]:
    numbered = [*counts, *([None] * len(cells))]
    return read_notebook(
        *(code(cell, execution_count=number) for cell, number in zip(cells, numbered, strict=False))
    ).codes


def origin_of(*cells: str, sink: str = "load", counts: Sequence[int | None] = ()) -> Provenance:
    """The provenance of the first argument of the last call of a function that is called `sink`."""
    calls = [call for one in codes_of(*cells, counts=counts) for call in one.calls]
    last = [
        call for call in calls if call.name.rpartition(".")[2] == sink or getattr(call.node.func, "id", "") == sink
    ][-1]
    argument = last.node.args[0] if last.node.args else last.node.keywords[0].value
    return provenance(last.code, argument, last.node)


def fetched(*cells: str) -> list[Fetch]:
    """What a notebook fetches."""
    sessions = dict.fromkeys(one.session for one in codes_of(*cells))
    return [fetch for session in sessions for fetch in all_fetches(session)]
