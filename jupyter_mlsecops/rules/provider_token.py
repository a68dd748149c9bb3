"""Tokens that a provider's shape gives away, wherever they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_mlsecops.detection.text_marks import marked_texts
from jupyter_mlsecops.findings import Confidence, Fix, Hit, Related, Severity
from jupyter_mlsecops.notebook.parts import steps
from jupyter_mlsecops.rule import notebook_rule
from jupyter_mlsecops.secrets.fixes import SecretFixes
from jupyter_mlsecops.secrets.shapes.aws import secret_span
from jupyter_mlsecops.secrets.shapes.tokens import Token, find_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jupyter_mlsecops.notebook.model import Notebook, Text

_Found = tuple["Text", Token]
_SHORT = 60  # longer texts hold more than one value


@notebook_rule(
    category="secrets",
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    cwe=(798,),
    owasp=("LLM02",),
    atlas=("AML.T0055",),
)
def provider_token(notebook: Notebook) -> Iterator[Hit]:
    r"""A token of a known provider stands in the notebook.

    ## What it sees

    Tokens of Hugging Face, OpenAI, Anthropic, GitHub, AWS, Google, Azure, Weights & Biases and some eighty others, told by
    their shape and, where the provider made that possible, by their checksum. Every text of the notebook is read: sources,
    streams, tracebacks, HTML, JSON, widget state, metadata. A token whose checksum is wrong is only mentioned; placeholders,
    documented examples and pieces of base64 data are not.

    An AWS key id alone opens nothing and is a low finding; with its secret within five lines it is a critical one. Keys
    without a shape of their own (forty hexadecimal digits, say) count only where the provider's name and a credential's
    position precede them.

    ## Why it matters

    A notebook is shared whole: with its outputs, its history and everybody who forks it. Tokens in public repositories are
    found and used within minutes (CWE-798; OWASP LLM02, sensitive information disclosure; MITRE ATLAS AML.T0055, unsecured
    credentials).

    ## What to do

    Revoke the token first: it has been seen. Then read it from the environment or ask for it with `getpass`, and clear
    the outputs that show it. The history of the repository keeps it; that is why revoking comes first.

    ## Examples

    ```python bad
    token = "{{token:github}}"
    ```

    ```python fixed
    import os
    token = os.environ["TOKEN"]
    ```

    ```python bad
    from huggingface_hub import login
    login("{{token:hugging-face}}")
    ```

    ```python fixed
    import os
    from huggingface_hub import login
    login(os.environ["HF_TOKEN"])
    ```

    ```python good
    import os
    token = os.environ["GITHUB_TOKEN"]
    example = "{{credential:crosses}}"
    ```

    ## References

    - <https://cwe.mitre.org/data/definitions/798.html>
    - <https://genai.owasp.org/llmrisk/llm022025-sensitive-information-disclosure/>
    - <https://huggingface.co/docs/hub/security-tokens>
    - <https://docs.github.com/code-security/secret-scanning/introduction/about-secret-scanning>
    """
    fixes, siblings = SecretFixes(notebook), _Siblings(notebook)
    for found in _by_output(
        (text, token) for text in marked_texts(notebook, "token") for token in find_tokens(text.text)
    ):
        text, token = found[0]
        halves = _other_halves(siblings, text, token, fixes)
        again = [
            Related(place=other.place(each.start, each.end), message="the same token") for other, each in found[1:]
        ]
        yield Hit(
            at=text.place(token.start, token.end),
            message=_message(token, paired=bool(halves)),
            severity=Severity.CRITICAL if halves else token.severity,
            confidence=Confidence.HIGH if halves else token.confidence,
            fixes=() if token.severity is Severity.INFO else _fixes(fixes, text, token),
            related=(*halves, *again),
            subject=token.kind.name,
        )


def _by_output(found: Iterable[_Found]) -> Iterator[list[_Found]]:
    """Findings of one token in one output are one: an output says the same thing in several formats."""
    groups: dict[tuple[object, ...], list[_Found]] = {}
    for number, (text, token) in enumerate(found):
        value = text.text[token.start : token.end]
        step = steps(text.part)
        output: object = step[1] if step[:1] == ["outputs"] else ("elsewhere", number)
        groups.setdefault((text.cell, output, value), []).append((text, token))
    yield from groups.values()


def _fixes(fixes: SecretFixes, text: Text, token: Token) -> tuple[Fix, ...]:
    return fixes.of(text, token.start, token.end, variable=token.kind.variable, revoke=token.kind.revoke)


def _other_halves(siblings: _Siblings, text: Text, token: Token, fixes: SecretFixes) -> list[Related]:
    """The secret that belongs to an AWS key id: near it, or beside it in a JSON object."""
    if token.kind.check != "aws":
        return []
    found = (text, token.partner) if token.partner else siblings.of(text)
    if found is None:
        return []
    owner, span = found
    return [
        Related(
            place=owner.place(*span),
            message="the secret access key that belongs to it",
            fixes=fixes.of(owner, *span, variable="AWS_SECRET_ACCESS_KEY", revoke=token.kind.revoke),
        )
    ]


class _Siblings:
    """The secret access keys that stand alone in a member of a JSON object, by that object."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._found: dict[tuple[int | None, str], tuple[Text, tuple[int, int]]] | None = None

    def of(self, text: Text) -> tuple[Text, tuple[int, int]] | None:
        """The first one in the object that a text is a member of."""
        if self._found is None:
            spans = ((text, secret_span(text.text)) for text in self._notebook.texts() if len(text.text) < _SHORT)
            found = [(_object(text), (text, span)) for text, span in spans if span]
            self._found = dict(reversed(found))
        return self._found.get(_object(text)) if text.part.count("/") > 2 else None


def _object(text: Text) -> tuple[int | None, str]:
    return text.cell, text.part.rpartition("/")[0]


def _message(token: Token, *, paired: bool) -> str:
    what = f"{token.kind.name} with its secret" if paired else token.kind.name
    if token.remark and not paired:
        return (
            f"This looks like a {what}: {token.remark}."
            if token.severity is Severity.INFO
            else f"{what}: {token.remark}."
        )
    return f"{what} in clear: whoever reads the notebook can use it."
