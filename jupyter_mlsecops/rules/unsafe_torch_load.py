r"""Find loads of PyTorch checkpoints that unpickle."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

from jupyter_mlsecops.detection.code_edits import add_argument, replace_node
from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.environment import settings, whole_span
from jupyter_mlsecops.flows.loading import WHO, came_from, level, loaded, loaders
from jupyter_mlsecops.flows.pins import is_at_least, is_below
from jupyter_mlsecops.notebook.python.program import UNKNOWN
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.flows.loading import Loader
    from jupyter_mlsecops.notebook.code import Call, Code

_SWITCH = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"
_RUNS = frozenset({"getattr", "eval", "exec", "compile", "__import__", "open", "functools.partial", "operator.methodcaller", "builtins.getattr", "builtins.eval",
                   "builtins.exec"})  # fmt: skip
_RUNNERS = ("os.", "subprocess.", "importlib.", "torch.serialization.get_unsafe_globals_in_checkpoint")
_TITLE = "Load tensors only: weights_only=True"


@code_rule(
    category="deserialization", severity=Severity.MEDIUM, confidence=Confidence.HIGH, cwe=(502,),
    owasp=("ML06", "LLM03"), atlas=("AML.T0011.000",), triggers=("load", "PackageImporter", "safe_globals", _SWITCH),
)  # fmt: skip
def unsafe_torch_load(code: Code) -> Iterator[Hit]:
    r"""A PyTorch checkpoint is loaded in a way that can run the code in it.

    ## What it sees

    `torch.load` without `weights_only=True`: with `weights_only=False`, with a `pickle_module`, after
    `TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD`, or with PyTorch pinned below 2.6, whose default is the full unpickler. Then the file's
    origin decides: **high** from the network, **medium** unknown, **info** written by the same notebook. Where only the argument
    is missing and the version is unknown, the levels are **medium**, **low** and **info**; with 2.6 or newer pinned, **info**.
    `torch.hub.load_state_dict_from_url` unpickles whatever the URL gives and is **high**; TorchScript and exported programs
    (`torch.jit.load` …) are **medium** from the network and **low** from unknown hands. `add_safe_globals` with functions that
    run code is **medium**.

    ## Why it matters

    A checkpoint is a pickle, and a pickle is a program (CWE-502; OWASP ML06 and LLM03; MITRE ATLAS AML.T0011.000).

    ## What to do

    Pass `weights_only=True`, on PyTorch 2.10 or newer; better, exchange weights as safetensors.

    ## Examples

    ```python bad
    import torch

    model = torch.load("checkpoint.pt", map_location="cpu")
    ```

    ```python fixed
    import torch

    model = torch.load("checkpoint.pt", map_location="cpu", weights_only=True)
    ```

    ```python bad
    from torch import load

    state = load("checkpoint.pt", weights_only=False)
    ```

    ```python fixed
    from torch import load

    state = load("checkpoint.pt", weights_only=True)
    ```

    ```python good
    import torch

    state = torch.load("checkpoint.pt", weights_only=True)
    ```

    ## References

    - <https://docs.pytorch.org/docs/stable/generated/torch.load.html>
    - <https://docs.pytorch.org/docs/stable/notes/serialization.html>
    """
    switched = [setting for setting in settings(code) if setting.name == _SWITCH and setting.is_true]
    for setting in switched:
        yield Hit(
            at=code.place(*whole_span(code, setting)),
            message=f"`{_SWITCH}` makes every `torch.load` of this process run the code in the file",
            severity=Severity.HIGH,
            fixes=(Fix(title="Delete this line", safety=Safety.MANUAL),),
        )
    for call in code.calls_of(_words()):
        if found := loaders("torch").find(call.names):
            yield from _checkpoint(call, *found)
        elif found := loaders("torch-url").find(call.names):
            yield from _download(call, found[0])
        elif found := loaders("torch-program").find(call.names):
            yield from _program(call, *found)
        elif found := loaders("torch-allowed").find(call.names):
            yield from _allowed(call, *found)


@cache
def _words() -> frozenset[str]:
    sections = ("torch", "torch-url", "torch-program", "torch-allowed")
    return frozenset(word for section in sections for word in loaders(section).words)


def _checkpoint(call: Call, name: str, loader: Loader) -> Iterator[Hit]:
    given = call.argument("weights_only")
    weights_only = call.constant("weights_only")
    if given is not None and (weights_only is UNKNOWN or weights_only):
        return
    origin = loaded(call, loader)
    if origin.verified:
        return
    if given is not None or call.argument("pickle_module", 2) is not None or _is_legacy(call.code):
        severity = level(call, origin, remote=Severity.HIGH, unknown=Severity.MEDIUM)
        message = f"`{name}` runs code from the file it reads, a file {WHO[origin.origin]}"
    elif is_at_least(call.code, "torch", "2.6"):
        severity = Severity.INFO
        message = f"`{name}` relies on the default of PyTorch 2.6 and newer; older versions run code from the file"
    else:
        severity = level(call, origin, remote=Severity.MEDIUM, unknown=Severity.LOW)
        message = f"`{name}` runs code from the file before PyTorch 2.6, and this is a file {WHO[origin.origin]}"
    yield Hit(
        at=call.place,
        message=message,
        severity=severity,
        fixes=_fixes(call, given),
        causes=came_from(origin),
        subject=origin.subject,
    )


def _is_legacy(code: Code) -> bool:
    """Whether the notebook makes the full unpickler the default."""
    switch = code.program.environment_variable(_SWITCH, (code.number, 1 << 30, 0)) or ""
    return is_below(code, "torch", "2.6") or switch.lower() in ("1", "true", "yes", "y")


def _fixes(call: Call, given: ast.expr | None) -> tuple[Fix, ...]:
    keyword = call.keyword("weights_only")
    if call.argument("pickle_module", 2) is not None:
        return (Fix(title="Load without pickle_module, with weights_only=True", safety=Safety.MANUAL),)
    if keyword is not None:
        edit = replace_node(call.code, keyword.value, "True")
    elif given is None:
        edit = add_argument(call, "weights_only=True")
    else:
        return (Fix(title=_TITLE, safety=Safety.MANUAL),)
    return (Fix(title=_TITLE, safety=Safety.UNSAFE, edits=(edit,)),)


def _download(call: Call, name: str) -> Iterator[Hit]:
    weights_only, checked = call.constant("weights_only"), call.constant("check_hash")
    if (
        weights_only is True
        or checked is True
        or (weights_only is UNKNOWN and call.argument("weights_only") is not None)
    ):
        return
    yield Hit(
        at=call.place,
        message=f"`{name}` downloads a pickle and runs the code in it: `weights_only` and `check_hash` are off by default",
        severity=Severity.HIGH if not call.code.file else Severity.MEDIUM,
        fixes=_fixes(call, call.argument("weights_only")),
        subject=call.text("url", 0) or "",
    )


def _allowed(call: Call, name: str, loader: Loader) -> Iterator[Hit]:
    """What `weights_only=True` lets through from now on."""
    given = call.argument(str(loader.file[0]), int(loader.file[1]))
    value = None if given is None else call.code.program.value(given)
    items = value.elts if isinstance(value, (ast.List, ast.Tuple, ast.Set)) else [] if value is None else [value]
    for item in items:
        names = call.code.program.names(item)
        if any(each in _RUNS or each.startswith(_RUNNERS) for each in names):
            yield Hit(
                at=call.place,
                message=f"`{name}` lets checkpoints call `{names[0].removesuffix('()')}`: `weights_only=True` protects no longer",
                severity=Severity.MEDIUM,
                fixes=(Fix(title="Name the classes of the model only", safety=Safety.MANUAL),),
            )
            return


def _program(call: Call, name: str, loader: Loader) -> Iterator[Hit]:
    origin = loaded(call, loader)
    if not origin.verified:
        yield Hit(
            at=call.place,
            message=f"`{name}` loads a program, not only weights, from a file {WHO[origin.origin]}",
            severity=level(call, origin, remote=Severity.MEDIUM, unknown=Severity.LOW),
            fixes=(
                Fix(
                    title="Exchange weights as safetensors, the model as source in a pinned package",
                    safety=Safety.MANUAL,
                ),
            ),
            causes=came_from(origin),
            subject=origin.subject,
        )
