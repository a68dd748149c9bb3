r"""Find revisions that are names, not commits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.fetches import fetches
from jupyter_mlsecops.flows.hub_ids import from_hub, hub_fetch, named_repository
from jupyter_mlsecops.flows.pinning import is_commit
from jupyter_mlsecops.notebook.shell.commands import HOLE
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code
    from jupyter_mlsecops.notebook.model import Place

_PULL_REQUEST = re.compile(r"refs/(?:pr|pull)/\d+(?:/head)?")
_SHORT_HASH = re.compile(r"[0-9a-f]{7,39}")


@code_rule(
    category="downloads", severity=Severity.LOW, confidence=Confidence.HIGH, cwe=(494,), owasp=("ML06", "LLM03"), atlas=("AML.T0010.003",),
    triggers=("revision",),
)  # fmt: skip
def mutable_revision(code: Code) -> Iterator[Hit]:
    r"""The revision of a model or dataset is a name that can move.

    ## What it sees

    `revision=` (or `--revision`, `code_revision=`) with a branch, a tag or a shortened hash: **low**. With `refs/pr/N` it is **medium**: anybody can open a pull request and
    change what its ref names. Expressions whose value cannot be known are left alone.

    ## Why it matters

    A branch or tag is looked up on every download (CWE-494; OWASP ML06 and LLM03; MITRE ATLAS AML.T0010.003). A hash of fewer than 40
    digits is looked up as a branch or tag, too.

    ## What to do

    Pass the 40 digits of the commit.

    ## Examples

    ```python bad
    from diffusers import DiffusionPipeline

    pipe = DiffusionPipeline.from_pretrained("acme/diffusion", revision="fp16")
    ```

    ```python bad
    from transformers import AutoModel

    model = AutoModel.from_pretrained("acme/classifier", revision="refs/pr/22")
    ```

    ```python good
    from transformers import AutoModel

    model = AutoModel.from_pretrained("acme/classifier", revision="5bd9e0b9f3e4d5c6a7b8c9d0e1f2a3b4c5d6e7f8")
    ```

    ## References

    - <https://huggingface.co/docs/huggingface_hub/guides/download>
    """
    for call in code.calls:
        fetch = hub_fetch(call, "model") or hub_fetch(call, "dataset")
        if fetch is not None and fetch.is_mutable:
            yield _hit(call.place, fetch.id, fetch.revision_text or "")
        elif code_at := _code_revision(call):
            yield _hit(call.place, *code_at)
    for download in fetches(code):
        named = from_hub(download.command) if download.command is not None else None
        if named is not None and named.revision and HOLE not in named.revision and not is_commit(named.revision):
            yield _hit(download.place, named.id, named.revision)


def _code_revision(call: Call) -> tuple[str, str] | None:
    """The repository of the code that comes with a model, and the branch or tag that it is taken from."""
    pipeline = call.text("custom_pipeline") or ""
    # A pipeline without an owner comes with the library's version; there is no commit to give.
    name, argument = (pipeline, "custom_revision") if "/" in pipeline else (named_repository(call), "code_revision")
    text = call.text(argument)
    return (name, text) if name and text and HOLE not in text and not is_commit(text) else None


def _hit(place: Place, name: str, revision: str) -> Hit:
    if _PULL_REQUEST.fullmatch(revision):
        severity, why = Severity.MEDIUM, "anybody can open that pull request and change it"
    elif _SHORT_HASH.fullmatch(revision):
        severity, why = Severity.LOW, "only a hash of 40 digits is taken for a commit"
    else:
        severity, why = Severity.LOW, "a branch or tag can move"
    return Hit(
        at=place,
        message=f"`{name}` is fetched at `{revision}`: {why}",
        severity=severity,
        fixes=(Fix(title="Give the commit's 40 digits as revision", safety=Safety.MANUAL),),
        subject=name,
    )
