"""Find packages that are not the ones that were meant, and releases that were malicious."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_mlsecops.detection.package_names import Slip, compromise, confusion
from jupyter_mlsecops.findings import Confidence, Fix, Hit, ReplaceText, Safety, Severity
from jupyter_mlsecops.notebook.packages.requirements import normalise
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.detection.package_names import Confusion
    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.packages.installs import Install, Requirement

_LEVELS = {
    Slip.STUB: (Severity.INFO, Confidence.HIGH),
    Slip.IMPORT: (Severity.LOW, Confidence.MEDIUM),
    Slip.KNOWN: (Severity.MEDIUM, Confidence.MEDIUM),
    Slip.REMOVED: (Severity.LOW, Confidence.HIGH),
    Slip.STANDARD: (Severity.LOW, Confidence.HIGH),
    Slip.SYSTEM: (Severity.LOW, Confidence.MEDIUM),
    Slip.PASTED: (Severity.LOW, Confidence.HIGH),
    Slip.FILE: (Severity.MEDIUM, Confidence.HIGH),
    Slip.ELSEWHERE: (Severity.LOW, Confidence.MEDIUM),
    Slip.NEAR: (Severity.MEDIUM, Confidence.LOW),
}
# These have names of their own for everything.
_OTHER_NAMES = frozenset({"conda", "mamba", "micromamba"})
_LOCKING_TOOLS = frozenset({"pdm", "pipenv", "poetry", "rye"})
# What says which version comes, or that it comes from elsewhere.
_HOLDING = (
    "--constraint", "--constraints", "--exclude-newer", "--no-index", "--override", "--overrides", "--uploaded-prior-to",
)  # fmt: skip
_OTHER_PLACES = ("--extra-index-url", "--find-links", "--index", "--index-url", "--default-index", "--no-index")
_WRITTEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXACT = re.compile(r"(?:===?|@)\s*v?([0-9][\w.!+-]*)")
_CLAUSE = re.compile(r"(>=|>|!=)\s*([\w.!+-]+)")
# `typing; python_version < "3.5"`: a backport for those who need it.
_OLD_PYTHON = re.compile(r"[\"']?\s*;[^\n]{0,40}?python(?:_full)?_version\s*[<=]")
_MOST_SHOWN = 80


@code_rule(
    category="packages", severity=Severity.MEDIUM, confidence=Confidence.MEDIUM, cwe=(1357, 829), owasp=("ML06", "LLM03"),
    atlas=("AML.T0011.001", "AML.T0060"), triggers=("pip", "install", "uv", "conda", "mamba", "requirement"),
)  # fmt: skip
def confusable_package(code: Code) -> Iterator[Hit]:
    r"""A package is not the one that was meant, or a release of it was malicious.

    ## What it sees

    Names that are almost a well-known one (**medium**, or **low** for two slips), names that people and language models make up
    (**medium**), the name of a module in place of its package, modules of Python itself, packages of the operating system, words of the
    command (**low**), and stubs that lead to the right package (info). A release that is known to have been malicious is **high**; asking for any
    version of a package that was attacked so lately is **medium**. Everything is looked up in tables; nothing is asked of any index. Other
    spellings of the same name (`Pillow`, `huggingface_hub`) are the same name.

    ## Why it matters

    Anybody can register a free name, and a name that others mistype or that models make up is worth registering: its code runs
    when it is installed (CWE-1357, CWE-829; OWASP ML06 and LLM03; MITRE ATLAS AML.T0011.001, AML.T0060).

    ## What to do

    Install the package that is meant, in an exact version.

    ## Examples

    ```python bad
    %pip install -q sklearn crew_ai[tools]==0.80.0 reqeusts
    ```

    ```python fixed
    %pip install -q scikit-learn crewai[tools]==0.80.0 requests
    ```

    ```python bad
    !pip install ultralytics==8.3.41
    ```

    ```python good
    %pip install -q scikit-learn crewai[tools] requests Pillow huggingface_hub
    ```

    ## References

    - <https://peps.python.org/pep-0503/#normalized-names>
    - <https://atlas.mitre.org/techniques/AML.T0011.001>
    """
    for install in code.installs:
        for requirement in install.requirements if install.tool not in _OTHER_NAMES else ():
            if requirement.kind == "name":
                yield from _hits(code, install, requirement)


def _hits(code: Code, install: Install, requirement: Requirement) -> Iterator[Hit]:
    if attacked := _attacked(install, requirement):
        message, severity, confidence = attacked
        fix = Fix(title="Install an exact version that is known to be good", safety=Safety.MANUAL)
    elif (
        install.verb != "constrain"
        and (found := confusion(requirement.name))
        and _is_meant(code, install, requirement, found)
    ):
        severity, confidence = _LEVELS[found.slip]
        severity = Severity.LOW if found.distance > 1 else severity
        message, fix = _message(_written_name(requirement), found), _fix(code, requirement, found)
    else:
        return
    place = code.place(requirement.start, requirement.end)
    yield Hit(
        at=place, message=message, severity=severity, confidence=confidence, fixes=(fix,), subject=requirement.name
    )


# -- releases that were malicious --------------------------------------------------------------------------------------


def _attacked(install: Install, requirement: Requirement) -> tuple[str, Severity, Confidence] | None:
    """What is said of a package with an incident; None where the requirement keeps clear of it."""
    found = compromise(requirement.name)
    if found is None:
        return None
    if any(found.includes(version) for version in _EXACT.findall(requirement.specifier)):
        return f"this release of `{found.name}` was malicious: {found.incident}", Severity.HIGH, Confidence.HIGH
    clauses = _CLAUSE.findall(requirement.specifier)
    avoids = any(
        found.comes_before(version) if operator != "!=" else found.includes(version) for operator, version in clauses
    )
    is_open = requirement.pin in {"none", "loose"} and not avoids and not _is_held(install)
    if not found.unpinned or not is_open:
        return None
    message = f"any version of `{found.name}` is installed, a package with malicious releases: {found.incident}"
    return message, Severity.MEDIUM, Confidence.MEDIUM


def _is_held(install: Install) -> bool:
    return (
        install.tool in _LOCKING_TOOLS
        or install.verb in {"depend", "constrain"}
        or install.option(*_HOLDING) is not None
    )


# -- names -------------------------------------------------------------------------------------------------------------


def _is_meant(code: Code, install: Install, requirement: Requirement, found: Confusion) -> bool:
    """Whether this use of a confusing name is one to speak of."""
    match found.slip:
        case Slip.STANDARD:
            return not _OLD_PYTHON.match(code.text, requirement.end) and not _OLD_PYTHON.search(requirement.text)
        case Slip.REMOVED:
            return requirement.pin in {"none", "loose"}
        case Slip.ELSEWHERE:
            return install.option(*_OTHER_PLACES) is None
        case _:
            return True


def _written_name(requirement: Requirement) -> str:
    written = _WRITTEN.match(requirement.text)
    return written[0] if written and normalise(written[0]) == requirement.name else requirement.name


def _message(name: str, found: Confusion) -> str:
    name, right = name[:_MOST_SHOWN], found.right
    match found.slip:
        case Slip.STUB:
            return f"`{name}` is a stub for the package `{right}`"
        case Slip.IMPORT:
            return f"`{name}` is not the package that brings the module `{name}`: that is `{right}`"
        case Slip.REMOVED:
            return f"`{name}` was given up for `{right}`: its newest release is no use"
        case Slip.STANDARD:
            return f"`{name}` is a part of Python: a package of this name is something else"
        case Slip.SYSTEM:
            return f"`{name}` is a package of the operating system: what the Python index has under this name is something else"
        case Slip.PASTED:
            return f"`{name}` is a word of the command that is taken for a package"
        case Slip.FILE:
            return f"`{name}` is installed as a package: a file of requirements needs -r"
        case Slip.ELSEWHERE:
            return f"`{name}` on the index is not the project that is known by this name: {found.note}"
        case Slip.KNOWN:
            return f"`{name}` is not the package `{right}`: anybody may own the name"
        case Slip.NEAR:
            return f"`{name}` looks like the well-known `{right}`, and is not: a slip, or a trap"


def _fix(code: Code, requirement: Requirement, found: Confusion) -> Fix:
    written = _WRITTEN.match(code.text, requirement.start, max(requirement.start, requirement.end))
    is_there = written is not None and normalise(written[0]) == requirement.name
    if found.slip is Slip.FILE:
        quoted = code.text[max(0, requirement.start - 1) : requirement.start] in {"'", '"'}
        right, title = f"-r {written[0]}" if written and not quoted else "", "Name the file with -r"
    else:
        right, title = (
            found.right,
            f"Install {found.right}" if found.right else "Remove it, or name the package that is meant",
        )
    # The versions of two packages have nothing to do with each other.
    keeps_version = not requirement.specifier or found.slip in {Slip.NEAR, Slip.KNOWN}
    if not right or not is_there or written is None or not keeps_version:
        return Fix(title=title, safety=Safety.MANUAL)
    edit = ReplaceText(place=code.place(*written.span()), text=right)
    return Fix(title=title, safety=Safety.UNSAFE, edits=(edit,))
