"""URLs that open something to whoever has them, until they expire."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jupyter_mlsecops.detection.text_marks import marked_texts
from jupyter_mlsecops.findings import Confidence, Hit, Severity
from jupyter_mlsecops.rule import notebook_rule
from jupyter_mlsecops.secrets import clock
from jupyter_mlsecops.secrets.fixes import SecretFixes
from jupyter_mlsecops.secrets.shapes.signed_urls import SignedUrl, signed_urls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.model import Notebook


@notebook_rule(
    category="secrets",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    cwe=(798, 522),
    owasp=("LLM02",),
    atlas=("AML.T0055",),
)
def signed_url(notebook: Notebook) -> Iterator[Hit]:
    r"""A URL is signed: it opens what it names to everybody who has it.

    ## What it sees

    Azure shared access signatures, presigned AWS URLs, signed URLs of Google Cloud Storage, CloudFront and Alibaba OSS, in
    sources and outputs. How long they are valid stands in the URL itself and is read offline: an expired one is only
    mentioned.

    ## Why it matters

    A signature is a password in a URL. Shared access signatures are often made for years, for whole containers, and with the
    right to write, so that others can read the data or put their own in its place (CWE-798, CWE-522; OWASP LLM02; MITRE
    ATLAS AML.T0055).

    ## What to do

    Revoke it: rotate the key, or change the stored policy, that signed it. Make signatures short-lived, for one object, read
    only, when the cell runs; for public data use a public URL without a signature.

    ## Examples

    ```python bad
    data = "https://acme.blob.core.windows.net/data?sv=2022-11-02&sr=c&se=2124-01-01T00:00:00Z&sp=rl&sig={{credential:base64}}"
    ```

    ```python good
    data = "https://acme.blob.core.windows.net/data?restype=container&comp=list"
    data = f"https://acme.blob.core.windows.net/data?{sas_token}"
    ```

    ## References

    - <https://learn.microsoft.com/azure/storage/common/storage-sas-overview>
    - <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html>
    - <https://cwe.mitre.org/data/definitions/522.html>
    """
    fixes = SecretFixes(notebook)
    for text in marked_texts(notebook, "signed url"):
        for found in signed_urls(text.text):
            expired = found.expires is not None and found.expires < clock.now()
            yield Hit(
                at=text.place(found.start, found.end),
                message=_message(found, expired=expired),
                severity=Severity.INFO if expired else Severity.HIGH,
                confidence=Confidence.HIGH if found.expires is not None else Confidence.MEDIUM,
                fixes=() if expired else fixes.of(text, found.start, found.end, variable="SIGNATURE"),
            )


def _message(found: SignedUrl, *, expired: bool) -> str:
    day = _day(found.expires)
    if expired:
        return f"{found.kind}, expired{day and f' on {day}'}."
    return f"{found.kind}, valid{f' until {day}' if day else ' for an unknown time'}: whoever has it can use it."


def _day(moment: float | None) -> str:
    try:
        return "" if moment is None else datetime.fromtimestamp(moment, UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return ""
