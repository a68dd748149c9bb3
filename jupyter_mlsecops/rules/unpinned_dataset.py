r"""Find datasets that are fetched from a hub without a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.fetches import fetches
from jupyter_mlsecops.flows.hub_ids import from_hub, hub_fetch, hub_loaders, is_hub_id
from jupyter_mlsecops.rule import Merge, code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.model import Place


def _summary(subjects: Sequence[str]) -> str:
    return f"the dataset `{subjects[0]}` is fetched in several places without a commit: its owner can change it at any time"


@code_rule(
    category="downloads", severity=Severity.INFO, confidence=Confidence.HIGH, cwe=(494,), owasp=("ML02", "LLM04"), atlas=("AML.T0010.002",),
    merge=Merge.SUBJECT, summarise=_summary, triggers=("load_dataset", "_download", "get_dataset_config_names", "hf download", "huggingface-cli"),
)  # fmt: skip
def unpinned_dataset(code: Code) -> Iterator[Hit]:
    r"""A dataset is fetched from a hub by name, without the commit that was reviewed.

    ## What it sees

    `load_dataset` with an id of a hub, and downloads with `repo_type="dataset"`, without `revision`. One finding for each id and
    notebook. Builders of local files (`csv`, `json` …), directories, and ids whose value cannot be known are left alone.

    ## Why it matters

    Who can change the data can change what your model learns (CWE-494; OWASP ML02 and LLM04; MITRE ATLAS AML.T0010.002).

    ## What to do

    Pass `revision=` with the 40 digits of a commit.

    ## Examples

    ```python bad
    from datasets import load_dataset

    data = load_dataset("acme/reviews", split="train")
    ```

    ```python good
    from datasets import load_dataset

    data = load_dataset("acme/reviews", split="train", revision="5bd9e0b9f3e4d5c6a7b8c9d0e1f2a3b4c5d6e7f8")
    table = load_dataset("csv", data_files="reviews.csv")
    ```

    ## References

    - <https://huggingface.co/docs/datasets/loading>
    """
    for call in code.calls_of(hub_loaders("dataset").words):
        fetch = hub_fetch(call, "dataset")
        if fetch is not None and fetch.is_unpinned and fetch.kind == "dataset":
            is_download = "repo_type" in {keyword.arg for keyword in call.node.keywords}
            if call.name.startswith("huggingface_hub.") and not is_download:
                continue
            yield _hit(call.place, fetch.id)
    for download in fetches(code):
        named = from_hub(download.command) if download.command is not None else None
        if named is not None and named.kind == "dataset" and named.revision is None and is_hub_id(named.id):
            yield _hit(download.place, named.id)


def _hit(place: Place, name: str) -> Hit:
    return Hit(
        at=place,
        message=f"the dataset `{name}` is fetched without a commit: its owner can change it at any time",
        fixes=(Fix(title='Add revision="<commit>" with the commit that you reviewed', safety=Safety.MANUAL),),
        subject=name,
    )
