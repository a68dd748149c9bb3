r"""Find where code from a model's repository is allowed to run."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from jupyter_mlsecops.code_edits import remove_keyword, remove_word
from jupyter_mlsecops.environment import settings
from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.pinning import is_commit
from jupyter_mlsecops.pins import is_at_least
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Call, Code

_NAME = "trust_remote_code"
_FLAGS = ("--trust-remote-code", "--trust_remote_code")
_VARIABLES = frozenset({"HF_TRUST_REMOTE_CODE", "ENABLE_TRUST_REMOTE_CODE", "TRUST_REMOTE_CODE", "OPTION_TRUST_REMOTE_CODE", "VLLM_TRUST_REMOTE_CODE"})
_IN_TEXT = re.compile(r"""["']?(?:option\.)?trust[_-]remote[_-]code["']?[ \t]*[:=][ \t]*["']?(?:true|1|yes)\b""", re.IGNORECASE)
_MESSAGE = "code from the repository runs with your rights"


@code_rule(
    category="execution", severity=Severity.HIGH, confidence=Confidence.HIGH, cwe=(829, 94), owasp=("ML06", "LLM03"), atlas=("AML.T0011.000",),
    triggers=("trust_remote_code", "trust-remote-code", "TRUST_REMOTE_CODE"),
)  # fmt: skip
def trusted_remote_code(code: Code) -> Iterator[Hit]:
    r"""Code from a hub's repository is allowed to run: `trust_remote_code=True`.

    ## What it sees

    The argument in any call, also through `**kwargs` and constants; the key in a dict or in a configuration that a cell writes;
    the flag of a command; the variables of the environment that do the same. A commit in `revision` lowers the level by one.
    With datasets 4 or newer pinned, which ignores the argument, it is **info**.

    ## Why it matters

    The repository's Python files run in your kernel, today's and those that its owner pushes tomorrow (CWE-829, CWE-94; OWASP ML06 and
    LLM03; MITRE ATLAS AML.T0011.000). `revision` does not pin code that `auto_map` takes from another repository: that needs
    `code_revision`.

    ## What to do

    Remove the argument: most architectures are part of the library by now. Else read the code, and pin `revision` and
    `code_revision` to the commit that you read.

    ## Examples

    ```python bad
    from transformers import AutoModel

    model = AutoModel.from_pretrained("acme/classifier", trust_remote_code=True)
    ```

    ```python fixed
    from transformers import AutoModel

    model = AutoModel.from_pretrained("acme/classifier")
    ```

    ```python bad
    !vllm serve acme/chat --trust-remote-code --port 8000
    ```

    ```python fixed
    !vllm serve acme/chat --port 8000
    ```

    ```python good
    from transformers import AutoModel

    model = AutoModel.from_pretrained("acme/classifier", trust_remote_code=False)
    ```

    ## References

    - <https://huggingface.co/docs/transformers/models#custom-models>
    """
    called: set[ast.AST] = set()
    for call in code.calls:
        if call.constant(_NAME) is True:
            called.update(_where_given(call))
            yield _called(call)
    yield from _items(code, called)
    yield from _flags(code)
    for setting in settings(code):
        if setting.name in _VARIABLES and setting.is_true:
            yield Hit(at=code.place(setting.start, setting.end), message=f"`{setting.name}`: {_MESSAGE}", fixes=(_BY_HAND,))
    if code.kind == "text" and code.file is not None:
        for match in _IN_TEXT.finditer(code.text):
            yield Hit(at=code.place(*match.span()), message=f"`{_NAME}`: {_MESSAGE}", fixes=(_BY_HAND,))


_BY_HAND = Fix(title="Remove it, or pin the commit whose code you read", safety=Safety.MANUAL)


def _where_given(call: Call) -> Iterator[ast.AST]:
    """The dict literals that the argument is taken from; they are not to be reported again."""
    for keyword in call.node.keywords:
        if keyword.arg is None:
            yield call.code.program.value(keyword.value)


def _called(call: Call) -> Hit:
    keyword = call.keyword(_NAME)
    edits = (remove_keyword(call, keyword),) if keyword is not None else ()
    fix = Fix(title=f"Remove {_NAME}=True", safety=Safety.UNSAFE, edits=edits) if edits else _BY_HAND
    severity = Severity.HIGH
    if is_commit(call.text("revision")):
        severity = Severity.MEDIUM
    if any(name.startswith("datasets.") for name in call.names) and is_at_least(call.code, "datasets", "4"):
        severity = Severity.INFO
    return Hit(at=call.place, message=f"`{_NAME}=True`: {_MESSAGE}", severity=severity, fixes=(fix,))


def _items(code: Code, called: set[ast.AST]) -> Iterator[Hit]:
    """`{"trust_remote_code": True}` and `config.trust_remote_code = True`."""
    for node in code.nodes(ast.Dict, ast.Assign):
        if isinstance(node, ast.Dict) and node not in called:
            for key, value in zip(node.keys, node.values, strict=True):
                if key is not None and code.program.text(key) == _NAME and code.program.constant(value) is True:
                    place = code.place(code.span(key)[0], code.span(value)[1])
                    yield Hit(at=place, message=f"`{_NAME}`: {_MESSAGE}", fixes=(_BY_HAND,))
        elif isinstance(node, ast.Assign) and code.program.constant(node.value) is True:
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr == _NAME:
                    yield Hit(at=code.place(*code.span(node)), message=f"`{_NAME}`: {_MESSAGE}", fixes=(_BY_HAND,))


def _flags(code: Code) -> Iterator[Hit]:
    for command in code.commands:
        for number, word in enumerate(command.words):
            flag, separator, value = word.text.partition("=")
            if flag not in _FLAGS:
                continue
            following = command.words[number + 1].text if number + 1 < len(command.words) else ""
            if (value if separator else following).lower() in ("false", "0", "no"):
                continue
            fix = Fix(title=f"Remove {flag}", safety=Safety.UNSAFE, edits=(remove_word(code, word),))
            fixes = (_BY_HAND,) if following.lower() in ("true", "1", "yes") and not separator else (fix,)
            yield Hit(at=code.place(*word.span(0, len(word.text))), message=f"`{flag}`: {_MESSAGE}", fixes=fixes)
