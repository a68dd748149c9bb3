r"""Find loads of Keras models that may run code."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jupyter_mlsecops.detection.code_edits import remove_keyword
from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.loading import Loader, came_from, level, loaded, loaders
from jupyter_mlsecops.flows.provenance import Origin, Provenance
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code


@code_rule(
    category="deserialization", severity=Severity.HIGH, confidence=Confidence.HIGH, cwe=(502, 1188), owasp=("ML06", "LLM03"), atlas=("AML.T0011.000",),
    triggers=("safe_mode", "enable_unsafe_deserialization", "load_model"),
)  # fmt: skip
def unsafe_keras_load(code: Code) -> Iterator[Hit]:
    r"""A Keras model is loaded in a way that can run the code in it.

    ## What it sees

    `safe_mode=False` (**high**, **info** for a model that the same notebook wrote), `enable_unsafe_deserialization()`, and models
    that came over the network unverified: **high** for HDF5 (`.h5`), which ignored `safe_mode` before Keras 3.11.3, **medium** for
    others. Plain loads of local models are not reported.

    ## Why it matters

    A Lambda layer is Python bytecode that runs when the model is loaded or used (CWE-502, CWE-1188; OWASP ML06 and LLM03; MITRE ATLAS
    AML.T0011.000; CVE-2024-3660, CVE-2025-1550, CVE-2025-9905).

    ## What to do

    Remove `safe_mode=False`; exchange weights (`save_weights`) and keep the layers in code.

    ## Examples

    ```python bad
    import keras

    model = keras.saving.load_model("model.keras", safe_mode=False)
    ```

    ```python fixed
    import keras

    model = keras.saving.load_model("model.keras")
    ```

    ```python bad
    from tensorflow import keras

    path = keras.utils.get_file("model.h5", "https://models.example.org/model.h5")
    # %%
    model = keras.models.load_model(path)
    ```

    ```python good
    import keras

    model = keras.models.load_model("model.keras")
    ```

    ## References

    - <https://keras.io/api/models/model_saving_apis/model_saving_and_loading/>
    """
    for call in code.calls_of(_words()):
        if found := loaders("keras-switch").find(call.names):
            message = f"`{found[0]}` lets every model that is loaded from now on run code"
            yield Hit(at=call.place, message=message, fixes=(Fix(title="Delete this call", safety=Safety.MANUAL),))
        elif found := loaders("keras").find(call.names) or loaders("keras-config").find(call.names):
            yield from _loaded(call, *found)


@cache
def _words() -> frozenset[str]:
    return loaders("keras-switch").words | loaders("keras").words | loaders("keras-config").words


def _loaded(call: Call, name: str, loader: Loader) -> Iterator[Hit]:
    origin = loaded(call, loader)
    if call.constant("safe_mode") is False:
        keyword = call.keyword("safe_mode")
        edits = () if keyword is None else (remove_keyword(call, keyword),)
        yield Hit(
            at=call.place,
            message=f"`{name}` with `safe_mode=False` runs the code that the model brings",
            severity=level(call, origin, remote=Severity.HIGH, unknown=Severity.HIGH),
            fixes=(Fix(title="Remove safe_mode=False", safety=Safety.UNSAFE if edits else Safety.MANUAL, edits=edits),),
            causes=came_from(origin),
            subject=origin.subject,
        )
    elif (
        origin.origin is Origin.REMOTE
        and not origin.verified
        and _is_public(origin)
        and loaders("keras").find(call.names)
    ):
        text = call.text("filepath", 0) or (origin.fetch.file_name if origin.fetch else "")
        is_old = text.lower().endswith((".h5", ".hdf5"))
        yield Hit(
            at=call.place,
            message=f"`{name}` loads a model that came over the network unverified; its layers can hold code",
            severity=level(call, origin, remote=Severity.HIGH if is_old else Severity.MEDIUM, unknown=Severity.INFO),
            fixes=(Fix(title="Compare the file's SHA-256 first, or load weights only", safety=Safety.MANUAL),),
            causes=came_from(origin),
            subject=origin.subject,
        )


def _is_public(origin: Provenance) -> bool:
    """Whether it came from where anybody may put things; what a training job leaves in a bucket is one's own."""
    return origin.fetch is not None and origin.fetch.source != "bucket"
