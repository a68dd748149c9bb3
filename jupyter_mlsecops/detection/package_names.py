"""Names of packages that are mistaken for others: by a table of known slips, and by how near they are to well-known names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.packages.requirements import normalise

if TYPE_CHECKING:
    from collections.abc import Mapping

# Shorter names are too near to too many others.
_SHORTEST = 5
_SHORTEST_FOR_TWO = 8
_LONG = 12
_LONGEST = 60
_BRANDS = ("python-", "python2-", "python3-")


class Slip(Enum):
    """How a name misses the package that was meant."""

    IMPORT = "the name of the module"
    STUB = "a stub that leads to the right one"
    KNOWN = "a slip that many make"
    REMOVED = "the former name"
    STANDARD = "a module of Python itself"
    SYSTEM = "a package of the operating system"
    PASTED = "a word of the command"
    FILE = "a file of requirements"
    ELSEWHERE = "a project that is not on the index"
    NEAR = "almost a well-known name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """A name that is taken for a package. `right` is the package that is meant, "" where there is none.

    `note` says where else it is. `distance` counts the slips of the finger of a NEAR name.
    """

    slip: Slip
    right: str = ""
    note: str = ""
    distance: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Compromise:
    """A package of which some releases were malicious. `unpinned`: whoever asks for any version should know."""

    name: str
    versions: frozenset[Version]
    incident: str
    unpinned: bool

    def includes(self, version: str) -> bool:
        """Whether a version is one of the malicious ones, however it is written."""
        try:
            return Version(version) in self.versions
        except InvalidVersion:
            return False

    def comes_before(self, version: str) -> bool:
        """Whether all malicious releases are older than a version."""
        try:
            return Version(version) > max(self.versions)
        except InvalidVersion:
            return False


def is_known(name: str) -> bool:
    """Whether a package is well known under just this name."""
    return normalise(name) in _known()


def compromise(name: str) -> Compromise | None:
    """The incident of a package, if there was one."""
    return _compromises().get(normalise(name))


@lru_cache(maxsize=4096)
def confusion(name: str) -> Confusion | None:
    """What a name is mistaken for; None for every name that may be meant."""
    name = normalise(name)
    return _listed(name) or (None if name in _known() or len(name) > _LONGEST else _near(name))


def _listed(name: str) -> Confusion | None:
    facts = _facts()
    for slip, section in _SECTIONS.items():
        if name in facts[section]:
            return Confusion(slip=slip, right=facts[section][name])
    if name in facts["elsewhere"]:
        return Confusion(slip=Slip.ELSEWHERE, note=facts["elsewhere"][name])
    if name in facts["pasted"]["words"]:
        return Confusion(slip=Slip.FILE if name in facts["pasted"]["files"] else Slip.PASTED)
    return Confusion(slip=Slip.STANDARD) if name in _standard_library() else None


_SECTIONS: Mapping[Slip, str] = {
    Slip.IMPORT: "imports",
    Slip.STUB: "stubs",
    Slip.KNOWN: "slips",
    Slip.REMOVED: "removed",
    Slip.SYSTEM: "system",
}


@cache
def _facts() -> dict[str, Any]:
    return table("package_names")


@cache
def _standard_library() -> frozenset[str]:
    return frozenset(_facts()["standard-library"].split())


@cache
def _known() -> frozenset[str]:
    facts = _facts()
    return frozenset(facts["known"].split()) | frozenset(facts["popular"].split()) | frozenset(_compromises())


@cache
def _compromises() -> dict[str, Compromise]:
    return {
        row["name"]: Compromise(
            name=row["name"],
            versions=frozenset(map(Version, row["versions"])),
            incident=row["incident"],
            unpinned=row.get("unpinned", False),
        )
        for row in _facts()["compromised"]
    }


# -- how near a name is ------------------------------------------------------------------------------------------------


@cache
def _popular() -> tuple[tuple[str, int], ...]:
    """The names that others come near to, each with the set of its letters."""
    return tuple((name, _letters(name)) for name in _facts()["popular"].split())


@cache
def _squashed() -> dict[str, str]:
    """Popular names by what is left of them without separators."""
    return {name.replace("-", ""): name for name, _ in _popular()}


def _near(name: str) -> Confusion | None:
    squashed = _squashed().get(name.replace("-", ""))
    if squashed is not None and len(squashed) >= _SHORTEST:
        return Confusion(slip=Slip.NEAR, right=squashed, distance=1)
    found: Confusion | None = None
    letters = _letters(name)
    for other, others in _popular():
        most = _most(other) if found is None else found.distance - 1
        # Every slip changes at most two letters of the set; most names fall out here.
        if most and abs(len(name) - len(other)) <= most and (letters ^ others).bit_count() <= 2 * most:
            distance = edit_distance(name, other, most=most)
            if distance <= most and _is_slip(name, other, distance):
                found = Confusion(slip=Slip.NEAR, right=other, distance=distance)
    return found or _branded(name)


def _letters(name: str) -> int:
    found = 0
    for letter in name:
        found |= 1 << (ord(letter) & 63)
    return found


def _most(popular: str) -> int:
    """How many slips make a name look like this one."""
    if len(popular) < _SHORTEST:
        return 0
    return 2 if len(popular) >= _SHORTEST_FOR_TWO else 1


def _is_slip(name: str, popular: str, distance: int) -> bool:
    """Whether the difference looks like a slip, and not like the name of another project."""
    if name.startswith(popular):
        rest = name[len(popular) :]
        return distance == 1 and rest != "x"  # torchx, requests2
    if name.endswith(popular) or popular.endswith(name):
        return name[0] == popular[0]  # grequests, ctransformers; but rrequests
    if popular.startswith(name):
        return distance == 1
    if distance == 2:
        return name[:2] == popular[:2] and (name[-1] == popular[-1] or len(popular) >= _LONG)
    return name[0] == popular[0] or name[:2] == popular[1::-1] or len(popular) >= _SHORTEST_FOR_TWO


def _branded(name: str) -> Confusion | None:
    """`python3-numpy`: the name that an operating system gives to the package."""
    brand = next((brand for brand in _BRANDS if name.startswith(brand)), "")
    rest = name.removeprefix(brand)
    if not brand or len(rest) < _SHORTEST or rest not in {other for other, _ in _popular()}:
        return None
    return Confusion(slip=Slip.NEAR, right=rest, distance=2)


def edit_distance(one: str, other: str, *, most: int) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours between two texts; `most + 1` where they are more.

    Only a band of the table is filled in: the cost is that of the length, not of its square.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    far = most + 1
    before: dict[int, int] = {}
    row = {column: column for column in range(min(len(other), most) + 1)}
    for at, letter in enumerate(one, 1):
        first, last = max(0, at - most), min(len(other), at + most)
        following: dict[int, int] = {}
        for column in range(first, last + 1):
            if column == 0:
                following[0] = at
                continue
            best = row.get(column - 1, far) + (letter != other[column - 1])
            best = min(best, row.get(column, far) + 1, following.get(column - 1, far) + 1)
            if at > 1 and column > 1 and letter == other[column - 2] and one[at - 2] == other[column - 1]:
                best = min(best, before.get(column - 2, far) + 1)
            following[column] = min(best, far)
        before, row = row, following
        if min(row.values()) > most:
            return far
    return row.get(len(other), far)
