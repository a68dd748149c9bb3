"""Versions that the notebook itself decides: `pip install torch==2.3` makes the defaults of 2.3 count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from jupyter_mlsecops.notebook.installs import read_install

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code, Session


def is_at_least(code: Code, package: str, version: str) -> bool:
    """Whether the notebook installs a package in this version or a newer one, and in no older."""
    bound = Version(version)
    return any(_lowest(specifiers) >= bound for specifiers in _installed(code, package))


def is_below(code: Code, package: str, version: str) -> bool:
    """Whether the notebook installs a package in a version older than this one."""
    bound = Version(version)
    return any(_highest(specifiers, bound) for specifiers in _installed(code, package))


def _lowest(specifiers: SpecifierSet) -> Version:
    """The oldest version that fits; 0 where there is no lower bound."""
    bounds = [Version(s.version.removesuffix(".*")) for s in specifiers if s.operator in ("==", "===", ">=", ">", "~=")]
    return max(bounds, default=Version("0"))


def _highest(specifiers: SpecifierSet, bound: Version) -> bool:
    """Whether every version that fits is older than a bound."""
    for specifier in specifiers:
        version = Version(specifier.version.removesuffix(".*"))
        if specifier.operator in ("==", "===", "<=") and version < bound:
            return True
        if specifier.operator == "<" and version <= bound:
            return True
        if specifier.operator == "~=" and Version(f"{version.major + 1}") <= bound:
            return True
    return False


def _installed(code: Code, package: str) -> Iterator[SpecifierSet]:
    yield from code.session.once(_pins).get(package, ())


def _pins(session: Session) -> dict[str, list[SpecifierSet]]:
    """What the commands of a namespace install, by normalised name; read once."""
    found: dict[str, list[SpecifierSet]] = {}
    for code in session.codes:
        for command in code.commands:
            install = read_install(command)
            for requirement in install.requirements if install else ():
                if requirement.name and requirement.specifier:
                    _add(found.setdefault(requirement.name, []), requirement.specifier)
    return found


def _add(pins: list[SpecifierSet], text: str) -> None:
    try:
        pins.append(SpecifierSet(text.replace("===", "==")))
    except InvalidSpecifier:
        return
