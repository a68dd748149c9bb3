r"""Find weights that are fetched from a hub without a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.fetches import fetches
from jupyter_mlsecops.flows.hub_ids import from_hub, hub_fetch, hub_loaders, is_hub_id, is_unsafe_file
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.rule import Merge, code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_mlsecops.flows.hub_ids import HubFetch
    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.model import Place


def _summary(subjects: Sequence[str]) -> str:
    return f"`{subjects[0]}` is fetched in several places without a commit: its owner can change it at any time"


@code_rule(
    category="downloads", severity=Severity.INFO, confidence=Confidence.HIGH, cwe=(494, 829), owasp=("ML06", "LLM03"),
    atlas=("AML.T0010.003",), merge=Merge.SUBJECT, summarise=_summary,
    triggers=("from_", "pipeline", "SentenceTransformer", "CrossEncoder", "SparseEncoder", "_download", "_url", "LLM", "load_", "create_model",
              "HuggingFaceEmbedding", "get_tokenizer", "hf download", "huggingface-cli"),
)  # fmt: skip
def unpinned_model(code: Code) -> Iterator[Hit]:
    r"""Weights are fetched from a hub by name, without the commit that was reviewed.

    ## What it sees

    `from_pretrained`, `pipeline`, `SentenceTransformer`, `hf_hub_download`, `snapshot_download`, adapters and the like, with an id
    of a hub (constants are followed across cells) and no `revision`. One finding for each id and notebook. It is **info**, and
    **medium** where the file that is asked for is a pickle or code, and where code of an owner that is not well known comes with it. Directories, what the notebook saved itself, and ids whose
    value cannot be known are left alone; a branch or tag as revision is another rule's matter.

    ## Why it matters

    The owner of the repository, or whoever registers a deleted name again, decides what you load next time
    (CWE-494, CWE-829; OWASP ML06 and LLM03; MITRE ATLAS AML.T0010.003).

    ## What to do

    Pass `revision=` with the 40 digits of a commit. A shorter hash is looked up as a branch or tag.

    ## Examples

    ```python bad
    from transformers import AutoModel

    model = AutoModel.from_pretrained("acme/classifier")
    ```

    ```python bad
    from huggingface_hub import hf_hub_download

    path = hf_hub_download(repo_id="acme/classifier", filename="model.pt")
    ```

    ```python good
    from transformers import AutoModel

    COMMIT = "5bd9e0b9f3e4d5c6a7b8c9d0e1f2a3b4c5d6e7f8"
    # %%
    model = AutoModel.from_pretrained("acme/classifier", revision=COMMIT)
    ```

    ```python good
    from transformers import AutoModel

    model.save_pretrained("my-classifier")
    model = AutoModel.from_pretrained("my-classifier")
    ```

    ## References

    - <https://huggingface.co/docs/huggingface_hub/guides/download>
    """
    for call in code.calls_of(hub_loaders("model").words):
        fetch = hub_fetch(call)
        if fetch is not None and fetch.is_unpinned and fetch.kind == "model":
            yield _hit(call.place, fetch.id, _risk(fetch))
    for download in fetches(code):
        named = from_hub(download.command) if download.command is not None else None
        if named is not None and named.kind == "model" and named.revision is None and is_hub_id(named.id):
            risky = any(is_unsafe_file(name) for name in named.files)
            yield _hit(download.place, named.id, _PICKLE if risky else "")


_PICKLE = "a file that runs code when it is loaded"


def _risk(fetch: HubFetch) -> str:
    """Why more than weights can be exchanged; "" where that is all."""
    if (fetch.file and is_unsafe_file(fetch.file)) or fetch.call.constant("use_safetensors") is False:
        return _PICKLE
    owner = fetch.id.partition("/")[0].lower()
    if fetch.call.constant("trust_remote_code") is True and owner not in table("first_parties")["owners"]:
        return "weights and the code that loads them"
    return ""


def _hit(place: Place, name: str, risk: str) -> Hit:
    return Hit(
        at=place,
        message=f"`{name}` is fetched without a commit: its owner can change it at any time ({risk or 'weights'})",
        severity=Severity.MEDIUM if risk else Severity.INFO,
        fixes=(Fix(title='Add revision="<commit>" with the commit that you reviewed', safety=Safety.MANUAL),),
        subject=name,
    )
