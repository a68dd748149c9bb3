r"""Find loads of pickles, and of what is a pickle inside."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.loading import WHO, Loader, came_from, handed_on, level, loaded, loaders
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.flows.provenance import Provenance
    from jupyter_mlsecops.notebook.code import Call, Code


@code_rule(
    category="deserialization", severity=Severity.MEDIUM, confidence=Confidence.HIGH, cwe=(502,),
    owasp=("ML06", "LLM03"), atlas=("AML.T0011.000",), triggers=("load", "Unpickler", "read_", "HDFStore", "shelve", "jsonpickle"),
)  # fmt: skip
def unsafe_pickle_load(code: Code) -> Iterator[Hit]:
    r"""A pickle is loaded: it can run any code while it is read.

    ## What it sees

    Calls of `pickle`, `cloudpickle`, `dill`, `joblib`, `shelve`, `marshal`, `jsonpickle`, `pandas.read_pickle` and the like, under
    any alias and in any cell. Who wrote the file decides the level: **high** where it came over the network, **medium** where
    nobody can be seen to have written it, **info** where the same notebook did. A file whose digest or signature the notebook
    checks before is not reported; a check by MD5, a tag or the like lowers the level by one. What runs only sometimes, below the
    load, or by the numbers beside the cells after it, is not taken for the notebook's own.

    ## Why it matters

    A pickle is a program. Whoever can change the file, or the account that it is downloaded from, runs code with your
    rights as soon as it is loaded (CWE-502; OWASP ML06 and LLM03; MITRE ATLAS AML.T0011.000).

    ## What to do

    Exchange weights as safetensors, scikit-learn models with skops, tables as Parquet, data as JSON. Where a pickle from
    elsewhere cannot be avoided, compare its SHA-256 with a value in the notebook before it is loaded.

    ## Examples

    ```python bad
    import pickle
    from urllib.request import urlretrieve

    urlretrieve("https://models.example.org/model.pkl", "model.pkl")
    # %%
    with open("model.pkl", "rb") as f:
        model = pickle.load(f)
    ```

    ```python bad
    import joblib

    model = joblib.load("colleague/model.joblib")
    ```

    ```python good
    from safetensors.numpy import load_file

    weights = load_file("model.safetensors")
    ```

    ```python good
    import hashlib
    import pickle
    from pathlib import Path
    from urllib.request import urlretrieve

    urlretrieve("https://models.example.org/model.pkl", "model.pkl")
    digest = hashlib.sha256(Path("model.pkl").read_bytes()).hexdigest()
    assert digest == "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
    model = pickle.load(open("model.pkl", "rb"))
    ```

    ## References

    - <https://docs.python.org/3/library/pickle.html>
    - <https://skops.readthedocs.io/en/stable/persistence.html>
    """
    for call in code.calls:
        found = loaders("pickle").find(call.names)
        if found is not None and not _is_restricted(call):
            yield from _loaded(call, *found, loaded(call, found[1]))
        elif found is None and (handed := handed_on(call, "pickle")):
            yield from _loaded(call, *handed)


def _loaded(call: Call, name: str, loader: Loader, origin: Provenance) -> Iterator[Hit]:
    if not origin.verified:
        yield Hit(
            at=call.place,
            message=f"`{name}` runs code from the file it reads, a file {WHO[origin.origin]}",
            severity=level(call, origin, remote=Severity.HIGH, unknown=Severity[loader.unknown.upper()]),
            fixes=(
                Fix(title="Use a format that holds data only, or check the file's SHA-256 first", safety=Safety.MANUAL),
            ),
            causes=came_from(origin),
            subject=origin.subject,
        )


def _is_restricted(call: Call) -> bool:
    """Whether an unpickler of the notebook decides itself what a pickle may name."""
    program = call.code.program
    binding = program.binding(call.node.func) if isinstance(call.node.func, ast.Name) else None
    scope = program.scope_of(binding.node) if binding is not None and isinstance(binding.node, ast.ClassDef) else None
    return scope is not None and "find_class" in scope.bindings
