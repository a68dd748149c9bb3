"""Private keys, in PEM form or inside the JSON of a service account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_mlsecops.detection.text_marks import marked_texts
from jupyter_mlsecops.findings import Confidence, Hit, Severity
from jupyter_mlsecops.rule import notebook_rule
from jupyter_mlsecops.secrets.fixes import SecretFixes
from jupyter_mlsecops.secrets.shapes.private_keys import PrivateKey, private_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.model import Notebook, Text

_NEAR = 2_000


@notebook_rule(
    category="secrets",
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    cwe=(321, 798),
    owasp=("LLM02",),
    atlas=("AML.T0055",),
)
def private_key(notebook: Notebook) -> Iterator[Hit]:
    r"""A private key stands in the notebook.

    ## What it sees

    The body of a private key (PKCS, RSA, EC, OpenSSH, PGP) in any text: a cell that writes a key file, a string, the JSON of a
    Google service account, an output that shows one. A header alone, as in prose about key files, is silent; a key
    that is encrypted with a passphrase is medium.

    ## Why it matters

    A private key is an identity. Whoever reads it can sign, log in and decrypt in its owner's name, and no password protects it
    any more (CWE-321, CWE-798; OWASP LLM02; MITRE ATLAS AML.T0055).

    ## What to do

    Revoke the key and make a new pair. Keep keys in a secret store or in files outside the repository; name the file in the
    notebook, not its content.

    ## Examples

    ```python bad
    %%writefile key.pem
    {{credential:pem}}
    ```

    ```python good
    header = "-----BEGIN PRIVATE KEY-----"
    key = open("key.pem").read()
    assert key.startswith(header)
    ```

    ## References

    - <https://cwe.mitre.org/data/definitions/321.html>
    - <https://cloud.google.com/iam/docs/best-practices-for-managing-service-account-keys>
    """
    fixes = SecretFixes(notebook)
    for text in marked_texts(notebook, "private key"):
        for key in private_keys(text.text):
            yield Hit(
                at=text.place(key.start, key.end),
                message=_message(text, key),
                severity=Severity.MEDIUM if key.encrypted else Severity.CRITICAL,
                fixes=fixes.of(text, key.start, key.end, variable="PRIVATE_KEY"),
            )


def _message(text: Text, key: PrivateKey) -> str:
    if key.encrypted:
        return "A private key, encrypted with a passphrase."
    around = text.text[max(0, key.start - _NEAR) : key.start] + text.text[key.end : key.end + _NEAR]
    if "service_account" in around:
        return "The key of a service account in clear: whoever reads the notebook can act in its name."
    kind = f"{key.kind} private key" if key.kind else "private key"
    return f"A {kind} in clear: whoever reads the notebook can use it.".replace("A RSA", "An RSA").replace(
        "A EC", "An EC"
    )
