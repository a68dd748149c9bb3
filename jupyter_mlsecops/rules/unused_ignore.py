r"""Find ignores that have nothing left to ignore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, ReplaceText, Safety, Severity
from jupyter_mlsecops.rule import suppression_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.suppressions import Unused


@suppression_rule(category="untrusted", severity=Severity.INFO, confidence=Confidence.HIGH, cwe=(1164,))
def unused_ignore(unused: Unused) -> Iterator[Hit]:
    r"""An ignore of ours silences nothing.

    ## What it sees

    Comments `mlsecops: ignore[…]` and cell tags `mlsecops-ignore-…` with names that silence no finding: the finding is gone, the name is
    mistyped, or the comment stands in the wrong place. Names of rules that were not run are left alone, and so are the comments of
    other tools.

    ## Why it matters

    An ignore that is left behind silences the next finding at its place unseen, and one that is mistyped makes people believe that
    somebody looked (CWE-1164).

    ## What to do

    Remove it, or correct the name: `jupyter-mlsecops rule` lists them.

    ## Examples

    ```python bad
    total = 1 + 1  # mlsecops: ignore[unsafe-pickle-load] read by nobody else
    ```

    ```python fixed
    total = 1 + 1
    ```

    ```python good
    import joblib

    model = joblib.load("colleague/model.joblib")  # mlsecops: ignore[unsafe-pickle-load] reviewed
    ```

    ## References

    - <https://cwe.mitre.org/data/definitions/1164.html>
    """
    names = ", ".join(f"`{name}`" for name in unused.names)
    message = f"nothing is silenced by {names}" if names else "an ignore without the names of rules silences nothing"
    title = "Remove the ignore"
    if unused.removal is None:
        fix = Fix(title=title, safety=Safety.MANUAL)
    else:
        fix = Fix(title=title, safety=Safety.SAFE, edits=(ReplaceText(place=unused.removal, text=""),))
    yield Hit(at=unused.place, message=message, fixes=(fix,))
