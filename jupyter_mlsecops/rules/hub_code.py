r"""Find calls that fetch code from a hub and run it, by design."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.hub_ids import HubLoader, hub_loaders
from jupyter_mlsecops.flows.pinning import is_commit
from jupyter_mlsecops.flows.provenance import Origin, provenance
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.shell.commands import HOLE
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code

_OFFICIAL = ("evaluate-metric/", "evaluate-measurement/", "evaluate-comparison/")
_LOCAL = re.compile(r"[./~]|[A-Za-z]:|.*\.py$|.*/.*/|/")


@code_rule(
    category="execution", severity=Severity.HIGH, confidence=Confidence.HIGH, cwe=(829,), owasp=("ML06", "LLM03"), atlas=("AML.T0010.001",),
    triggers=("hub", "custom_pipeline", "load_tool", "evaluate", "load_metric", "downloader", "download_l", "combine"),
)  # fmt: skip
def hub_code(code: Code) -> Iterator[Hit]:
    r"""Code is fetched from a hub and run: that is what the call is for.

    ## What it sees

    `torch.hub.load`, `custom_pipeline=` of diffusers, `load_tool` and `from_hub` of agents, community metrics of `evaluate.load`,
    `gensim.downloader`, Llama packs. **high** for somebody's repository, **medium** for community pipelines and metrics and for
    well-known owners on torch.hub, **info** for official metrics. A commit as revision, and local files, are left alone.

    ## Why it matters

    The owner's code of today runs in your kernel, mostly without asking (CWE-829; OWASP ML06 and LLM03; MITRE ATLAS
    AML.T0010.001).

    ## What to do

    Copy the file into your project and review it, or pin a commit: `torch.hub.load("owner/repo:<commit>", …)`, `revision=`.

    ## Examples

    ```python bad
    import torch

    model = torch.hub.load("somebody/networks", "resnet", trust_repo=True)
    ```

    ```python bad
    from diffusers import DiffusionPipeline

    pipe = DiffusionPipeline.from_pretrained("acme/diffusion", custom_pipeline="somebody/pipeline")
    ```

    ```python good
    import torch

    model = torch.hub.load("somebody/networks:5bd9e0b9f3e4d5c6a7b8c9d0e1f2a3b4c5d6e7f8", "resnet")
    own = torch.hub.load("./networks", "resnet", source="local")
    ```

    ## References

    - <https://docs.pytorch.org/docs/stable/hub.html>
    - <https://huggingface.co/docs/diffusers/using-diffusers/custom_pipeline_overview>
    """
    # Any call may be given a pipeline of its own.
    calls = code.calls if code.session.mentions("custom_pipeline") else code.calls_of(hub_loaders("code").words)
    for call in calls:
        found = hub_loaders("code").find(call.names)
        if found is None and call.argument("custom_pipeline") is not None:
            found = hub_loaders("custom-pipeline").find(call.names) or ("from_pretrained", hub_loaders_row())
        if found is not None:
            yield from _fetched(call, *found)


def hub_loaders_row() -> HubLoader:
    """The facts of `custom_pipeline` for a class that is not known."""
    found = hub_loaders("custom-pipeline").find(("?.from_pretrained",))
    assert found is not None  # noqa: S101  # the table says `*.from_pretrained`
    return found[1]


def _fetched(call: Call, name: str, row: HubLoader) -> Iterator[Hit]:
    argument = call.argument(str(row.id[0]), int(row.id[1]))
    if (
        argument is None
        or call.text("source", 99) == "local"
        or any(is_commit(call.text(each)) for each in row.revision)
    ):
        return
    value = call.code.program.value(argument)
    items = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [argument]
    texts = [call.code.program.text(item) for item in items]
    wanted = [
        text for text in texts if text is None or not (is_commit(text.rpartition(":")[2]) or _is_local(call, text))
    ]
    if not wanted:
        return
    text = max(wanted, key=lambda each: _severity(name, each, row))
    shown = f"`{text.replace(HOLE, '…')}`" if text else "a repository"
    yield Hit(
        at=call.place,
        message=f"`{name}` runs code from {shown}: {row.what}",
        severity=_severity(name, text, row),
        fixes=(Fix(title="Review the code and keep a copy in the project, or pin a commit", safety=Safety.MANUAL),),
        subject=text.partition(":")[0] if text and "/" in text else "",
    )


def _severity(name: str, text: str | None, row: HubLoader) -> Severity:
    severity = Severity[(row.plain if text is not None and _is_plain(text) else row.owned).upper()]
    if name.startswith("torch.hub.") and text and text.partition("/")[0].lower() in table("first_parties")["torch-hub"]:
        return Severity.MEDIUM
    # Most names of metrics that cannot be read here are official ones.
    return Severity.INFO if text is None and severity is Severity.MEDIUM else severity


def _is_plain(text: str) -> bool:
    """Whether an id names no owner, or one whose code comes with the library."""
    if text.startswith(_OFFICIAL):
        return True
    head = text.partition(HOLE)[0]
    return "/" not in text and bool(head)


def _is_local(call: Call, text: str) -> bool:
    argument = call.argument("repo_or_dir", 0)
    written = argument is not None and provenance(call.code, argument, call.node).origin is Origin.OWN
    return written or bool(_LOCAL.match(text.replace(HOLE, "x")))
