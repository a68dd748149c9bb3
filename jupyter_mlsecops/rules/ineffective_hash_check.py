r"""Find digests of downloads that prove nothing."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, Related, Safety, Severity
from jupyter_mlsecops.flows.command_checks import SUM_TOOLS
from jupyter_mlsecops.flows.files import history
from jupyter_mlsecops.flows.pinning import Strength
from jupyter_mlsecops.flows.reach import digested
from jupyter_mlsecops.flows.verification import verification
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from jupyter_mlsecops.flows.fetches import Fetch
    from jupyter_mlsecops.notebook.code import Call, Code, Session

_FIX = Fix(
    title="Compare the digest with a value in the notebook, after the download, and stop where they differ",
    safety=Safety.MANUAL,
)


@code_rule(
    category="downloads", severity=Severity.MEDIUM, confidence=Confidence.MEDIUM, cwe=(354,), owasp=("ML06",), atlas=("AML.T0010",),
    triggers=("digest", "sha256", "sha1", "sha512", "md5", "hashlib", "shasum", "b2sum"),
)  # fmt: skip
def ineffective_hash_check(code: Code) -> Iterator[Hit]:
    r"""The digest of a download is computed, but nothing depends on it.

    ## What it sees

    A digest of a downloaded file that is printed or stored and never compared; and a comparison that stands before the download, to
    decide whether to download, while the new file is never looked at.

    ## Why it matters

    It looks like a check, and is none (CWE-354; OWASP ML06; MITRE ATLAS AML.T0010).

    ## What to do

    Compare after the download, and raise where the digests differ.

    ## Examples

    ```python bad
    import hashlib
    from pathlib import Path
    from urllib.request import urlretrieve

    urlretrieve("https://models.example.org/model.onnx", "model.onnx")
    print(hashlib.sha256(Path("model.onnx").read_bytes()).hexdigest())
    ```

    ```python bad
    !wget https://models.example.org/model.onnx
    !sha256sum model.onnx
    ```

    ```python good
    import hashlib
    from pathlib import Path
    from urllib.request import urlretrieve

    urlretrieve("https://models.example.org/model.onnx", "model.onnx")
    digest = hashlib.sha256(Path("model.onnx").read_bytes()).hexdigest()
    if digest != "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae":
        raise ValueError("not the model that was reviewed")
    ```

    ## References

    - <https://cwe.mitre.org/data/definitions/354.html>
    """
    unchecked = code.session.once(_Unchecked)
    for call in code.calls if unchecked else ():
        if fetch := unchecked.digested(call):
            yield _hit(code, call.start, call.end, fetch)
    for command in code.commands if unchecked else ():
        texts = [word.text for word in command.arguments]
        if command.program in SUM_TOOLS and not {"-c", "--check"} & set(texts):
            names = (posixpath.basename(text) for text in texts)
            if fetch := next((fetch for name in names if (fetch := unchecked.named(name))), None):
                yield _hit(code, command.start, command.end, fetch)


class _Unchecked:
    """The fetches that nothing is compared with, by what they bring."""

    def __init__(self, session: Session) -> None:
        self._named: dict[str, Fetch] = {}
        self._called: dict[ast.AST, Fetch] = {}
        for fetch in history(session).fetches:
            if verification(fetch) is Strength.NONE:
                if fetch.file_name:
                    self._named.setdefault(fetch.file_name, fetch)
                if fetch.call is not None:
                    self._called.setdefault(fetch.call.node, fetch)

    def __bool__(self) -> bool:
        return bool(self._named or self._called)

    def named(self, name: str) -> Fetch | None:
        """The fetch that brings a file of a name."""
        return self._named.get(name)

    def digested(self, call: Call) -> Fetch | None:
        """The fetch that a call computes the digest of."""
        reach = digested(call)
        if reach is None:
            return None
        replies = (self._called[node] for node in reach.nodes if node in self._called)
        files = (self._named[text] for text in reach.texts if text in self._named)
        return next(replies, None) or next(files, None)


def _hit(code: Code, start: int, end: int, fetch: Fetch) -> Hit:
    return Hit(
        at=code.place(start, end),
        message="nothing depends on this digest of a download: a changed file would be used all the same",
        fixes=(_FIX,),
        causes=(Related(place=fetch.place, message="it was downloaded here"),),
        subject=fetch.url or "",
    )
