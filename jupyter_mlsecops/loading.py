"""How bad it is to load a file that can run code: who wrote it decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Related, Severity
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.knowledge.names import NameTable, name_table
from jupyter_mlsecops.provenance import Origin, Provenance, provenance

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.code import Call


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
