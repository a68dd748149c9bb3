"""Versions that the notebook itself decides: `pip install torch==2.3` makes the defaults of 2.3 count."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from jupyter_mlsecops.notebook.packages.installs import read_install

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code, Session

# What a package is called elsewhere.
_ALSO = {"torch": ("pytorch", "pytorch-cpu", "pytorch-gpu")}
_ONE_EQUALS = re.compile(r"(?<![=!<>~])[=@](?!=)")


def is_at_least(code: Code, package: str, version: str) -> bool:
    """Whether the notebook installs a package in this version or a newer one, and in no older."""
    bound = Version(version)
    return any(_lowest(specifiers) >= bound for specifiers in _installed(code, package))


def is_below(code: Code, package: str, version: str) -> bool:
    """Whether the notebook installs a package in a version older than this one."""
    bound = Version(version)
    return any(any(_is_below(specifier, bound) for specifier in specifiers) for specifiers in _installed(code, package))


def _lowest(specifiers: SpecifierSet) -> Version:
    """The oldest version that fits; 0 where there is no lower bound."""
    bounds = [_version(each) for each in specifiers if each.operator in ("==", ">=", ">", "~=")]
    return max(bounds, default=Version("0"))


def _is_below(specifier: Specifier, bound: Version) -> bool:
    """Whether every version that fits is older than a bound."""
    version = _version(specifier)
    match specifier.operator:
        case "==" if specifier.version.endswith(".*"):
            return _next(version.release) <= bound
        case "==" | "<=":
            return version < bound
        case "<":
            return version <= bound
        case "~=":
            return _next(version.release[:-1]) <= bound
    return False


def _version(specifier: Specifier) -> Version:
    return Version(specifier.version.removesuffix(".*"))


def _next(release: tuple[int, ...]) -> Version:
    """The first version behind all that begin with a release: 2.4 behind 2.3."""
    return Version(".".join(map(str, (*release[:-1], release[-1] + 1))))


def _installed(code: Code, package: str) -> list[SpecifierSet]:
    pins = code.session.once(_pins)
    return [specifiers for name in (package, *_ALSO.get(package, ())) for specifiers in pins.get(name, ())]


def _pins(session: Session) -> dict[str, list[SpecifierSet]]:
    """What the commands of a namespace install, by normalised name."""
    found: dict[str, list[SpecifierSet]] = {}
    for name, specifiers in session.gather(_specified):
        found.setdefault(name, []).append(specifiers)
    return found


def _specified(code: Code) -> Iterator[tuple[str, SpecifierSet]]:
    for command in code.commands:
        install = read_install(command)
        for requirement in install.requirements if install else ():
            specifiers = _read(requirement.specifier) if requirement.name else None
            if specifiers is not None:
                yield requirement.name, specifiers


def _read(text: str) -> SpecifierSet | None:
    """A specifier; `=2.3` of conda and `@2.3` of poetry mean any 2.3 and `==2.3`. None where it is none, or not known."""
    text = text.replace("===", "==")
    if single := _ONE_EQUALS.search(text):
        version = text[single.end() :]
        text = f"{text[: single.start()]}=={version}" + (".*" if single[0] == "=" and "*" not in version else "")
    try:
        specifiers = SpecifierSet(text)
        for specifier in specifiers:
            _version(specifier)
    except (InvalidSpecifier, InvalidVersion):
        return None
    return specifiers if text else None
