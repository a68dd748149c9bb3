"""Tokens that a provider's shape gives away, wherever they stand."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_mlsecops.credential_positions import Position, Rewrite, positions
from jupyter_mlsecops.environment_fix import read_from_environment
from jupyter_mlsecops.findings import ClearOutput, Confidence, Fix, Hit, Related, Safety, Severity
from jupyter_mlsecops.rule import notebook_rule
from jupyter_mlsecops.secret_shapes.aws import random_secret
from jupyter_mlsecops.secret_shapes.tokens import Token, find_tokens

if TYPE_CHECKING:
    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.model import Notebook, Text


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
    found = [_Found(text=text, token=token) for text in notebook.texts() for token in find_tokens(text.text)]
    fixer = _Fixer(notebook)
    for first, *others in _by_output(found):
        related = [*_partner(notebook, first), *(Related(place=other.place, message="the same token") for other in others)]
        alone = first.token.kind.check == "aws" and first.token.severity is Severity.LOW
        paired = alone and bool(related) and not others
        yield Hit(
            at=first.place,
            message=_message(first.token, paired=paired),
            severity=Severity.CRITICAL if paired else first.token.severity,
            confidence=first.token.confidence,
            fixes=fixer.fixes(first),
            related=tuple(related),
            subject=first.token.kind.name,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    text: Text
    token: Token

    @property
    def place(self):  # type: ignore[no-untyped-def]
        return self.text.place(self.token.start, self.token.end)
