"""How bad it is to load a file that can run code: who wrote it decides."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Related, Severity
from jupyter_mlsecops.flows.provenance import Origin, Provenance, provenance
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.knowledge.names import NameTable, name_table

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.code import Call


_APPLIERS = frozenset({"apply", "applymap", "transform", "map_elements", "agg", "pipe"})
_MAPS = frozenset(
    {"map", "imap", "starmap", "imap_unordered", "submit", "run_in_executor", "to_thread", "filter", "map_async"}
)


@dataclass(frozen=True, kw_only=True)
class Loader:
    """A row of loaders.toml."""

    file: list[str | int] = field(default_factory=list)
    unknown: str = "medium"
    why: str = ""
    official: str = ""
    safe: list[str] = field(default_factory=list)


@cache
def loaders(section: str) -> NameTable[Loader]:
    """The loaders of one section."""
    return name_table(table("loaders")[section], Loader)


def loaded(call: Call, loader: Loader) -> Provenance:
    """Where what a call loads comes from."""
    name, position = loader.file
    return provenance(call.code, call.argument(str(name), int(position)), call.node)


def handed_on(call: Call, section: str) -> tuple[str, Loader, Provenance] | None:
    """A loader that a call hands to something that calls it, and what it loads: `map(pickle.load, files)`, `frame["a"].apply(pickle.loads)`."""
    function = call.node.func
    if isinstance(function, ast.Call) and function.args:  # delayed(joblib.load)(path)
        loader, data = function.args[0], call.node.args[0] if call.node.args else None
    elif call.node.args:
        loader = call.node.args[0]
        is_method = isinstance(function, ast.Attribute) and function.attr in _APPLIERS
        data = (
            function.value
            if is_method and isinstance(function, ast.Attribute)
            else call.node.args[1]
            if len(call.node.args) > 1
            else None
        )
    else:
        return None
    if not isinstance(loader, (ast.Name, ast.Attribute)) or not _calls_it(call):
        return None
    found = loaders(section).find(call.code.program.names(loader))
    return None if found is None else (*found, provenance(call.code, data, call.node))


def _calls_it(call: Call) -> bool:
    """Whether a call calls the function that it is handed."""
    function = call.node.func
    last = function.attr if isinstance(function, ast.Attribute) else call.name.rpartition(".")[2]
    return isinstance(function, ast.Call) or last in _APPLIERS or last in _MAPS


def level(call: Call, found: Provenance, *, remote: Severity, unknown: Severity) -> Severity:
    """The level for a file of some provenance; one lower where a check is weak.

    And one lower in a file that the notebook writes for another place to run.
    """
    severity = {Origin.REMOTE: remote, Origin.UNKNOWN: unknown, Origin.OWN: Severity.INFO}[found.origin]
    severity = Severity(max(severity - found.check, Severity.INFO))
    return Severity(severity - 1) if call.code.file and severity else severity


def came_from(found: Provenance) -> tuple[Related, ...]:
    """The place where the file came over the network, where it is known."""
    return (Related(place=found.fetch.place, message="it comes from here"),) if found.fetch else ()


WHO = {
    Origin.REMOTE: "that came over the network unverified",
    Origin.UNKNOWN: "of unknown origin",
    Origin.OWN: "that this notebook wrote",
}
