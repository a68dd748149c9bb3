r"""Find cloned repositories whose code is run at whatever the branch holds today."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, Related, Safety, Severity
from jupyter_mlsecops.flows.arguments import read_arguments
from jupyter_mlsecops.flows.executions import Execution, executed
from jupyter_mlsecops.flows.fetches import Fetch, fetches
from jupyter_mlsecops.flows.folders import folders
from jupyter_mlsecops.flows.hosts import is_private
from jupyter_mlsecops.flows.pinning import COMMIT, VERSION
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.shell.commands import HOLE
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.flows.functions import Moment
    from jupyter_mlsecops.notebook.code import Code, Session
    from jupyter_mlsecops.notebook.shell.commands import Command

MAX_CHECKOUTS = 20  # that are looked at for one clone
_OWNER = re.compile(r"(?:://(?:[^/@]*@)?[^/]+/|:)([\w.-]+)/[\w.-]+/?$")


@code_rule(
    category="downloads", severity=Severity.MEDIUM, confidence=Confidence.HIGH, cwe=(494, 829), owasp=("ML06", "LLM03"), atlas=("AML.T0010.001",),
    triggers=("clone",),
)  # fmt: skip
def unpinned_clone(code: Code) -> Iterator[Hit]:
    r"""A repository is cloned and its code is run, without a checkout of a commit.

    ## What it sees

    `git clone` of a default branch or a branch (**medium**) or of a tag (**low**), when the notebook then installs, imports or runs something from
    the clone. **info** for owners that are organisations with many eyes on them. Silent when a commit is checked out before that,
    and when nothing of the clone is run.

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
        execution = code.session.once(_first_executions).get(_key(fetch))
        if execution is None:
            continue
        checked_out = _checked_out(code.session, fetch, execution)
        if checked_out is not None and (COMMIT.fullmatch(checked_out) or checked_out == HOLE):
            continue
        yield Hit(
            at=fetch.place,
            message=f"`{_name(fetch)}` is cloned without a commit, and its code is {_how(execution.how)} by this notebook",
            severity=_severity(fetch, checked_out),
            fixes=(Fix(title=f"Add `git -C {_name(fetch)} checkout <commit>` behind the clone", safety=Safety.MANUAL),),
            causes=(Related(place=execution.place, message="its code is run here"),),
            subject=fetch.url or "",
        )


def _how(how: str) -> str:
    return "run" if how.startswith("%") else how


def _name(fetch: Fetch) -> str:
    return posixpath.basename((fetch.url or "").rstrip("/")).removesuffix(".git").replace(HOLE, "…") or "repository"


def _key(fetch: Fetch) -> tuple[str, str]:
    return fetch.url or "", fetch.target or ""


def _first_executions(session: Session) -> dict[tuple[str, str], Execution]:
    """The first thing that is run of each clone."""
    found: dict[tuple[str, str], Execution] = {}
    for execution, fetch in executed(session):
        if fetch.source == "clone":
            found.setdefault(_key(fetch), execution)
    return found


def _checked_out(session: Session, fetch: Fetch, execution: Execution) -> str | None:
    """The commit, the tag or the branch that is checked out between a clone and the first use of its code."""
    folder = posixpath.basename((fetch.target or "").rstrip("/"))
    by_folder = session.once(_checkouts)
    between: list[str] = []
    for name in (folder, ""):
        found = by_folder.get(name, [])
        start = bisect_right(found, (fetch.moment, ""))
        between += [
            reference for moment, reference in found[start : start + MAX_CHECKOUTS] if moment <= execution.spot.moment
        ]
    return next((reference for reference in between if COMMIT.fullmatch(reference)), between[0] if between else None)


def _checkouts(session: Session) -> dict[str, list[tuple[Moment, str]]]:
    """To what repositories are set, and when, by the name of their folder ("" where that is not known)."""
    found: dict[str, list[tuple[Moment, str]]] = defaultdict(list)
    for folder, moment, reference in session.gather(_checks_out):
        found[folder].append((moment, reference))
    return {folder: sorted(checkouts) for folder, checkouts in found.items()}


def _checks_out(code: Code) -> Iterator[tuple[str, Moment, str]]:
    for command in code.commands:
        if command.program == "git" and (reference := _reference(command)):
            given = read_arguments(command.arguments, letters="Cc").value(["-C"])
            folder = posixpath.basename((given or folders(code.session).of(code, command)).rstrip("/"))
            yield folder, code.position(command.start), reference
    for call in code.calls_of({"checkout", "reset"}):
        if call.name.endswith((".checkout", ".reset")):
            texts = [code.program.text(argument) or "" for argument in call.node.args]
            yield from (("", code.position(call.start), text) for text in texts if COMMIT.fullmatch(text))


def _reference(command: Command) -> str | None:
    """What `git checkout`, `git reset --hard`, `git switch --detach` or `git fetch origin` name."""
    words = [word.text for word in read_arguments(command.arguments, letters="Cc").rest]
    if not words or words[0] not in ("checkout", "reset", "switch", "fetch"):
        return None
    return next(
        (text for text in words[1:] if COMMIT.fullmatch(text)),
        words[-1] if len(words) > 1 and words[0] != "fetch" else None,
    )


def _severity(fetch: Fetch, checked_out: str | None) -> Severity:
    owner = _OWNER.search((fetch.url or "").removesuffix(".git"))
    if owner and owner[1].lower() in table("first_parties")["owners"]:
        return Severity.INFO
    references = [checked_out or ""]
    if fetch.command is not None:
        references.append(
            read_arguments(fetch.command.arguments, letters="b", valued=["--branch"]).value(["-b", "--branch"]) or ""
        )
    return Severity.LOW if any(VERSION.fullmatch(reference) for reference in references) else Severity.MEDIUM
