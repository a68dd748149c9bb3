"""Find installs of packages whose version is left to the day."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.notebook.packages.swallowed import swallowed_specifiers
from jupyter_mlsecops.rule import Merge, code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.packages.installs import Install, Requirement

_MOST_NAMED = 5
# The installer itself; nobody wants to hear about `pip install --upgrade pip`.
_INSTALLERS = frozenset({"conda", "mamba", "micromamba", "pip", "setuptools", "uv", "wheel"})
# These write a lock file; what it holds is installed from then on.
_LOCKING_TOOLS = frozenset({"pdm", "pipenv", "poetry", "rye"})
# Files that an installer or a lock file chooses from: ranges are what they are for.
_CHOICES = frozenset({"constrain", "depend"})
# What holds versions in place by other means, or lets nothing in from outside.
_HOLDING_OPTIONS = (
    "--constraint", "--constraints", "--dry-run", "--exclude-newer", "--hash", "--no-index", "--override", "--overrides",
    "--require-hashes", "--uploaded-prior-to",
)  # fmt: skip
_HOLDING_VARIABLES = frozenset(
    {
        "PIP_CONSTRAINT",
        "PIP_NO_INDEX",
        "PIP_REQUIRE_HASHES",
        "PIP_UPLOADED_PRIOR_TO",
        "UV_CONSTRAINT",
        "UV_EXCLUDE_NEWER",
    }
)
_FIX = Fix(title="Pin to the version that is installed", safety=Safety.MANUAL)


def _summary(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name[:100]}`" for name in names[:_MOST_NAMED])
    if len(names) == 1:
        return _message(names[0])
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{len(names)} packages are installed without an exact version: {shown}{more}"


def _message(name: str) -> str:
    return f"`{name[:100]}` is installed without an exact version"


@code_rule(
    category="packages", severity=Severity.INFO, confidence=Confidence.HIGH, cwe=(1104, 494), owasp=("ML06", "LLM03"),
    atlas=("AML.T0010.001",), merge=Merge.CELL, summarise=_summary, triggers=("pip", "install", "uv", "conda", "mamba", "requirement"),
)  # fmt: skip
def unpinned_package(code: Code) -> Iterator[Hit]:
    r"""A package is installed without an exact version.

    ## What it sees

    `pip`, `uv`, `conda`, `mamba` and their kin on `!` and `%` lines, in `%%bash` cells and in calls such as
    `subprocess.run`; requirements files, `environment.yml` and the metadata of scripts, also where a cell writes them: with
    a package that has no version, or only a lower, an upper or an excluded one. All such packages of a cell or file are one
    finding. It stays silent on `==`, on ranges with both ends, on hashes, constraints and `--exclude-newer`, on local paths, on
    arguments that stand in a variable, on installers, and on the ranges of `pyproject.toml` and `requirements.in`.

    ## Why it matters

    Whoever takes over a package decides what runs here tomorrow: compromised releases of popular packages lived for hours,
    and hit exactly the installs that asked for the newest version (CWE-1104, CWE-494; OWASP ML06 and LLM03; MITRE ATLAS
    AML.T0010.001). And a notebook that ran last year does not run today.

    ## What to do

    Write the version that is installed: `package==1.2.3`; better, a lock file with hashes.

    ## Examples

    ```python bad
    !pip install -q transformers "datasets>=2.0"
    ```

    ```python bad
    import subprocess

    subprocess.run(["pip", "install", "torch"], check=True)
    ```

    ```python good
    !pip install -q transformers==4.57.1 "datasets==4.3.0"
    ```

    ```python good
    %pip install -e . {USER_FLAG}
    ```

    ## References

    - <https://pip.pypa.io/en/stable/topics/repeatable-installs/>
    - <https://docs.astral.sh/uv/concepts/resolution/>
    """
    for install in code.installs:
        if not _is_held(install):
            for requirement in _unpinned(install):
                yield Hit(
                    at=code.place(requirement.start, requirement.end),
                    message=_message(requirement.name),
                    fixes=(_FIX,),
                    subject=requirement.name,
                )


def _is_held(install: Install) -> bool:
    """Whether something else than the requirement says which version comes."""
    if install.tool in _LOCKING_TOOLS or install.verb in _CHOICES or install.option(*_HOLDING_OPTIONS):
        return True
    return any(name in _HOLDING_VARIABLES for name, _ in install.command.assignments)


def _unpinned(install: Install) -> Iterator[Requirement]:
    swallowed = list(swallowed_specifiers(install))
    starts = [one.start for one in swallowed]
    for requirement in install.requirements:
        # In `torch >= 2.0` without quotes `2.0` is a word of its own, and was never meant as a package.
        run = bisect_left(starts, requirement.start) - 1
        is_rest = run >= 0 and requirement.start < swallowed[run].end
        is_open = requirement.kind == "name" and requirement.pin in {"none", "loose"}
        if is_open and requirement.name not in _INSTALLERS and not is_rest:
            yield requirement
