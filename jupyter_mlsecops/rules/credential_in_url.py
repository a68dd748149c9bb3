"""Passwords and keys in URLs and connection strings, and JSON Web Tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_mlsecops.detection.text_marks import marked_texts
from jupyter_mlsecops.findings import Confidence, Hit, Severity
from jupyter_mlsecops.rule import notebook_rule
from jupyter_mlsecops.secrets import clock
from jupyter_mlsecops.secrets.fixes import SecretFixes
from jupyter_mlsecops.secrets.shapes.jwts import Jwt, jwts
from jupyter_mlsecops.secrets.shapes.url_credentials import url_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.model import Notebook, Text


@notebook_rule(
    category="secrets",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    cwe=(798, 522),
    owasp=("LLM02",),
    atlas=("AML.T0055",),
)
def credential_in_url(notebook: Notebook) -> Iterator[Hit]:
    r"""A URL, a connection string or a web token carries a credential.

    ## What it sees

    In every text of the notebook, outputs too: `scheme://user:password@host`, `AccountKey=` and `Password=` in connection
    strings, tokens in a query, the `?token=` of a Jupyter server, and JSON Web Tokens. A web token is read offline: one that
    has expired is only mentioned. Templates such as `postgresql://user:password@host` and `{user}:{password}` are silent;
    what opens a server on this machine only is low.

    ## Why it matters

    A URL is copied, logged and sent as a referrer with all that stands in it. Whoever has the notebook has the database, the
    storage account or the session (CWE-798, CWE-522; OWASP LLM02; MITRE ATLAS AML.T0055).

    ## What to do

    Change the password or revoke the token. Put the URL together when the cell runs, from an environment variable or a
    secret store; clear the outputs that show it.

    ## Examples

    ```python bad
    engine = create_engine("postgresql://analyst:{{credential:password}}@db.acme.io/sales")
    ```

    ```python bad
    account = "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey={{credential:azure-key}};EndpointSuffix=core.windows.net"
    ```

    ```python good
    engine = create_engine("postgresql://user:password@localhost/sales")
    engine = create_engine(f"postgresql://{user}:{password}@db.acme.io/sales")
    ```

    ## References

    - <https://cwe.mitre.org/data/definitions/522.html>
    - <https://cwe.mitre.org/data/definitions/798.html>
    - <https://www.rfc-editor.org/rfc/rfc3986#section-7.5>
    """
    fixes = SecretFixes(notebook)
    for text in marked_texts(notebook, "url credential", "jwt"):
        for found in url_credentials(text.text):
            yield Hit(
                at=text.place(found.start, found.end),
                message=f"{found.what}: whoever reads the notebook can use it.",
                severity=found.severity,
                confidence=found.confidence,
                fixes=fixes.of(text, found.start, found.end, variable="URL"),
            )
        for token in jwts(text.text):
            yield _web_token(fixes, text, token)


def _web_token(fixes: SecretFixes, text: Text, token: Jwt) -> Hit:
    expired = token.expires is not None and token.expires < clock.now()
    quiet = expired or token.is_public
    state = "has expired" if expired else "is made for browsers" if token.is_public else "is in clear"
    return Hit(
        at=text.place(token.start, token.end),
        message=f"A JSON Web Token {state}."
        if quiet
        else "A JSON Web Token is in clear: whoever reads the notebook can use it.",
        severity=Severity.INFO if quiet else Severity.HIGH,
        confidence=Confidence.HIGH,
        fixes=() if quiet else fixes.of(text, token.start, token.end, variable="TOKEN"),
    )
