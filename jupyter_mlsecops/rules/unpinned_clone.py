r"""Find cloned repositories whose code is run at whatever the branch holds today."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from jupyter_mlsecops.arguments import read_arguments
from jupyter_mlsecops.executions import Execution, executed
from jupyter_mlsecops.fetches import Fetch, fetches
from jupyter_mlsecops.findings import Confidence, Fix, Hit, Related, Safety, Severity
from jupyter_mlsecops.hosts import is_private
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.shell import HOLE
from jupyter_mlsecops.pinning import COMMIT, VERSION
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code, Session

_OWNER = re.compile(r"(?:://(?:[^/@]*@)?[^/]+/|:)([\w.-]+)/[\w.-]+/?$")


@code_rule(
    category="downloads", severity=Severity.MEDIUM, confidence=Confidence.HIGH, cwe=(494, 829), owasp=("ML06", "LLM03"), atlas=("AML.T0010.001",),
    triggers=("clone",),
)  # fmt: skip
def unpinned_clone(code: Code) -> Iterator[Hit]:
    r"""A repository is cloned and its code is run, without a checkout of a commit.

    ## What it sees

    `git clone` of a default branch or a branch (**medium**) or of a tag (**low**), when the notebook then installs, imports or runs something from
    the clone. **info** for owners that are organisations with many eyes on them. Silent when a commit is checked out, and when nothing
    of the clone is run.

    ## Why it matters

    What the branch holds when the notebook runs is not what was reviewed (CWE-494, CWE-829; OWASP ML06 and LLM03; MITRE ATLAS
    AML.T0010.001).

    ## What to do

    `git -C folder checkout <commit>` behind the clone.

    ## Examples

    ```python bad
    !git clone https://github.com/somebody/training-tools
    %cd training-tools
    !pip install -e .
    ```

    ```python good
    !git clone https://github.com/somebody/training-tools
    %cd training-tools
    !git checkout 5bd9e0b9f3e4d5c6a7b8c9d0e1f2a3b4c5d6e7f8
    !pip install -e .
    ```

    ```python good
    !git clone https://github.com/somebody/a-dataset
    ```

    ## References

    - <https://git-scm.com/docs/git-clone>
    """
    for fetch in fetches(code):
        if fetch.source != "clone" or fetch.pinned or (fetch.url and is_private(fetch.url)):
            continue
        execution = _first_execution(code.session, fetch)
        if execution is None or _is_checked_out(code.session, fetch):
            continue
        yield Hit(
            at=fetch.place,
            message=f"`{_name(fetch)}` is cloned without a commit, and its code is {_how(execution.how)} by this notebook",
            severity=_severity(fetch),
            fixes=(Fix(title=f"Add `git -C {_name(fetch)} checkout <commit>` behind the clone", safety=Safety.MANUAL),),
            related=(Related(place=execution.place, message="its code is run here"),),
            subject=fetch.url or "",
        )


def _how(how: str) -> str:
    return "run" if how.startswith("%") else how


def _name(fetch: Fetch) -> str:
    return posixpath.basename((fetch.url or "").rstrip("/")).removesuffix(".git").replace(HOLE, "…") or "repository"


def _first_execution(session: Session, fetch: Fetch) -> Execution | None:
    return next((e for e, found in executed(session) if found.source == "clone" and found.target == fetch.target), None)


def _is_checked_out(session: Session, fetch: Fetch) -> bool:
    """Whether some command behind the clone checks a commit out, in its folder as far as that is said."""
    for code in session.codes:
        for command in code.commands:
            if command.program != "git":
                continue
            texts = [word.text for word in command.arguments]
            if {"checkout", "reset", "switch", "fetch"}.isdisjoint(texts):
                continue
            folder = read_arguments(command.arguments, letters="C").value(["-C"])
            other = folder is not None and posixpath.basename(folder.rstrip("/")) != posixpath.basename((fetch.target or "").rstrip("/"))
            if not other and any(COMMIT.fullmatch(text) for text in texts):
                return True
        for call in code.calls:
            if call.name.endswith((".checkout", ".reset")) and any(
                COMMIT.fullmatch(code.program.text(argument) or "") for argument in call.node.args
            ):
                return True
    return False


def _severity(fetch: Fetch) -> Severity:
    owner = _OWNER.search((fetch.url or "").removesuffix(".git"))
    if owner and owner[1].lower() in table("first_parties")["owners"]:
        return Severity.INFO
    if fetch.command is not None:
        branch = read_arguments(fetch.command.arguments, letters="b", valued=["--branch"]).value(["-b", "--branch"])
        if branch and VERSION.fullmatch(branch):
            return Severity.LOW
    return Severity.MEDIUM
