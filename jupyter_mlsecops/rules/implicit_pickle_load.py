r"""Find loaders of libraries that unpickle without saying so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.hub_ids import is_hub_id
from jupyter_mlsecops.flows.loading import Loader, came_from, level, loaded, loaders
from jupyter_mlsecops.flows.pinning import is_commit
from jupyter_mlsecops.flows.provenance import Origin
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code


@code_rule(
    category="deserialization", severity=Severity.MEDIUM, confidence=Confidence.MEDIUM, cwe=(502,), owasp=("ML06", "LLM03"), atlas=("AML.T0011.000",),
    triggers=("load", "from_pretrained", "ultralytics", "unpickle", "from_checkpoint", "get_model"),
)  # fmt: skip
def implicit_pickle_load(code: Code) -> Iterator[Hit]:
    r"""A library loads a pickle inside, and nothing in the call says so.

    ## What it sees

    `load_learner`, `mlflow.*.load_model`, SetFit, Ultralytics, flair, gensim, AutoGluon, Lightning and others. **high** where the
    file came over the network unverified, **medium** or **low** (by library) where its origin is unknown; silent on what the same
    notebook wrote, on a commit in `revision`, and on the models that the library itself publishes.

    ## Why it matters

    It is a pickle all the same: whoever made the file runs code with your rights (CWE-502; OWASP ML06 and LLM03; MITRE ATLAS
    AML.T0011.000).

    ## What to do

    Load what you made yourself or what you checked; prefer formats that hold data only.

    ## Examples

    ```python bad
    from fastai.vision.all import *

    learner = load_learner("export.pkl")
    ```

    ```python bad
    from ultralytics import YOLO

    model = YOLO("best_from_forum.pt")
    ```

    ```python good
    from ultralytics import YOLO

    model = YOLO("yolo11n.pt")
    ```

    ```python good
    from fastai.vision.all import *

    learn.export("export.pkl")
    learner = load_learner("export.pkl")
    ```

    ## References

    - <https://cwe.mitre.org/data/definitions/502.html>
    """
    for call in code.calls_of(loaders("implicit").words):
        found = loaders("implicit").find(call.names)
        if found is not None:
            yield from _loaded(call, *found)


def _loaded(call: Call, name: str, loader: Loader) -> Iterator[Hit]:
    argument, position = loader.file
    if call.argument(str(argument), int(position)) is None and not call.node.args:
        return  # nothing is named that could be loaded
    origin = loaded(call, loader)
    text = call.text(str(argument), int(position)) or ""
    if origin.verified or origin.origin is Origin.OWN or is_commit(call.text("revision")) or _is_official(loader, text):
        return
    if any(_is_on(call, variable) for variable in loader.safe):
        return
    yield Hit(
        at=call.place,
        message=f"`{name}` unpickles what it loads: {loader.why}",
        severity=level(call, origin, remote=Severity.HIGH, unknown=Severity[loader.unknown.upper()]),
        fixes=(Fix(title="Load only what you made or checked yourself", safety=Safety.MANUAL),),
        causes=came_from(origin),
        subject=origin.subject or (text if "/" in text and is_hub_id(text) else ""),
    )


def _is_official(loader: Loader, text: str) -> bool:
    return bool(loader.official) and re.fullmatch(loader.official, text) is not None


def _is_on(call: Call, variable: str) -> bool:
    return (call.code.program.environment_variable(variable, call.at) or "").lower() in ("1", "true", "yes")
