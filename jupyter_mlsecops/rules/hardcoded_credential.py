"""Credentials that only their position gives away: a password behind `password=`, a key behind `API_KEY =`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_mlsecops.detection.text_marks import marked_texts
from jupyter_mlsecops.findings import Confidence, Hit, Related, Severity
from jupyter_mlsecops.notebook.parts import steps
from jupyter_mlsecops.rule import notebook_rule
from jupyter_mlsecops.secrets.fixes import SecretFixes
from jupyter_mlsecops.secrets.positions import Position, positions
from jupyter_mlsecops.secrets.shapes.jwts import jwts
from jupyter_mlsecops.secrets.shapes.names import NameKind, kind_of_name
from jupyter_mlsecops.secrets.shapes.placeholders import likeness
from jupyter_mlsecops.secrets.shapes.suspects import may_hold_secret, names_credentials
from jupyter_mlsecops.secrets.shapes.tokens import find_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.model import Cell, Notebook, Text

# A name to which a literal is given. Possessive, so that nothing is tried twice.
_ASSIGNED = re.compile(r"(?<!\w)(\w++)(?:\s*+:\s*+\w++)?+\s*+=\s*+[(rbfRBF]{0,2}[\"']")
_WORD = re.compile(r"[A-Za-z_]\w*")


@notebook_rule(
    category="secrets",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    cwe=(798,),
    owasp=("LLM02",),
    atlas=("AML.T0055",),
)
def hardcoded_credential(notebook: Notebook) -> Iterator[Hit]:
    r"""A password or key is written into the notebook.

    ## What it sees

    A literal in a credential's position: assigned to a name such as `db_password`, given as `api_key=`, stored in
    `os.environ`, the default of `os.getenv`, a header, an argument of `%env`, `export`, `--password` or `curl -u`, a value in
    JSON or in a configuration file that a cell writes, a parameter that papermill kept in the metadata. The literal must
    look like a secret, too: random, or (behind the name of a password) letters mixed with digits or signs. Placeholders,
    templates, names, paths, ids of models and special tokens of tokenizers (`pad_token`) do not.

    Tokens with a provider's shape belong to `provider-token`.

    ## Why it matters

    Notebooks are mailed, published and forked with all they hold. Whoever reads one has its passwords, and the history of the
    repository keeps them after they are deleted (CWE-798; OWASP LLM02; MITRE ATLAS AML.T0055).

    ## What to do

    Change the password or revoke the key, then read it from the environment, from a secret store, or with `getpass`.

    ## Examples

    ```python bad
    db_password = "{{credential:password}}"
    ```

    ```python fixed
    import os
    db_password = os.environ["DB_PASSWORD"]
    ```

    ```python bad
    import os
    client = connect(api_key="{{credential:secret}}")
    ```

    ```python fixed
    import os
    client = connect(api_key=os.environ["API_KEY"])
    ```

    ```python bad
    %env SERVICE_TOKEN={{credential:secret}}
    ```

    ```python good
    from getpass import getpass
    db_password = getpass()
    api_key = "<your-api-key>"
    tokenizer.pad_token = "[PAD]"
    secret_name = "projects/1/secrets/db/versions/2"
    ```

    ## References

    - <https://cwe.mitre.org/data/definitions/798.html>
    - <https://docs.python.org/3/library/getpass.html>
    - <https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html>
    """
    yield from _in_metadata(notebook)
    fixes = SecretFixes(notebook)
    provided = _Provided()
    seen: set[tuple[int | None, int]] = set()
    for code in _suspects(notebook):
        for position in code.once(_named):
            confidence = likeness(position.value, kind_of_name(position.name))
            place = position.code.cell, position.code.start + position.start
            if confidence is None or place in seen or provided.holds(position):
                continue
            seen.add(place)
            yield _hit(fixes, position, confidence)


def _named(code: Code) -> Iterable[Position]:
    return positions(code, wanted=_names_credential)


def _names_credential(name: str) -> bool:
    return kind_of_name(name) is not NameKind.OTHER


def _suspects(notebook: Notebook) -> Iterator[Code]:
    """The program texts that are worth parsing: a secret stands in them, or is used there under its name."""
    cells = [cell for cell in notebook.cells if cell.type == "code"]
    if not any(cell.once(_names_credentials) for cell in cells):
        return
    holding = {cell.index: cell for cell in cells if cell.once(_holds_secret)}
    names = {name for cell in holding.values() for name in cell.once(_assigned)}
    for code in notebook.codes if holding else ():
        if code.cell in holding or not names.isdisjoint(code.once(_words)):
            yield code


def _holds_secret(cell: Cell) -> bool:
    return may_hold_secret(cell.source)


def _names_credentials(cell: Cell) -> bool:
    return names_credentials(cell.source)


def _assigned(cell: Cell) -> list[str]:
    return _ASSIGNED.findall(cell.source)


def _words(code: Code) -> list[str]:
    """The words of a text that names credentials."""
    return _WORD.findall(code.text) if names_credentials(code.text) else []


def _hit(fixes: SecretFixes, position: Position, confidence: Confidence) -> Hit:
    code = position.code
    rest = (Related(place=code.place(*piece), message="the rest of the value") for piece in position.pieces[1:])
    chosen = kind_of_name(position.name) is NameKind.PASSWORD
    what = "password" if chosen else "credential"
    return Hit(
        at=code.place(position.start, position.end),
        message=f"`{position.name}` holds a {what} in clear: whoever reads the notebook can use it.",
        severity=Severity.LOW if position.compared else None,
        confidence=confidence,
        fixes=fixes.of_named(position),
        related=tuple(rest),
        subject=position.name,
    )


class _Provided:
    """The tokens that are told by their shape: another rule speaks of them."""

    def __init__(self) -> None:
        self._characters: dict[Code, frozenset[int]] = {}

    def holds(self, position: Position) -> bool:
        """Whether the value, or what stands at its place, is such a token."""
        code = position.code
        if code not in self._characters:
            tokens = find_tokens(code.text)
            spans = [(token.start, token.end) for token in tokens]
            spans += [token.partner for token in tokens if token.partner]
            spans += [(token.start, token.end) for token in jwts(code.text)]
            self._characters[code] = frozenset(at for span in spans for at in range(*span))
        return position.start in self._characters[code] or position.end - 1 in self._characters[code]


def _in_metadata(notebook: Notebook) -> Iterator[Hit]:
    """Parameters that papermill kept, and passwords typed into widgets."""
    texts = [text for text in marked_texts(notebook, "credential name") if text.part.startswith("/metadata")]
    passwords = {
        text.part.rpartition("/")[0]
        for text in texts
        if text.cell is None and text.text in ("PasswordModel", "PasswordView") and "/widgets/" in text.part
    }
    for text in texts:
        owner, _, name = text.part.rpartition("/")
        kind = NameKind.PASSWORD if name == "value" and owner in passwords else kind_of_name(name)
        confidence = likeness(text.text, kind)
        if confidence is not None and not find_tokens(text.text):
            yield _metadata_hit(text, confidence)


def _metadata_hit(text: Text, confidence: Confidence) -> Hit:
    name = steps(text.part)[-1]
    return Hit(
        at=text.place(0, len(text.text)),
        message=f"`{name}` in the metadata holds a credential in clear: whoever reads the notebook can use it.",
        confidence=confidence,
        subject=name,
    )
