"""What rules seek in all texts of a notebook: told at once and before outputs are decoded, for few notebooks have any of it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

from jupyter_mlsecops.detection import invisible
from jupyter_mlsecops.notebook.marks import Marks
from jupyter_mlsecops.secrets.shapes import jwts, names, private_keys, signed_urls, tokens, url_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.model import Notebook, Text

Mark = Literal["token", "private key", "url credential", "jwt", "signed url", "credential name", "command link", "invisible"]  # fmt: skip

COMMAND_LINK = "(?i:data-commandlinker-)"


def marked_texts(notebook: Notebook, *marks: Mark) -> Iterator[Text]:
    """The texts of a notebook that may hold one of these, in file order; others may be among them."""
    return _marks().texts(notebook, *marks)


@cache
def _marks() -> Marks:
    patterns: dict[Mark, str] = {
        "token": tokens.mark(),
        "private key": private_keys.MARK,
        "url credential": url_credentials.MARK,
        "jwt": jwts.MARK,
        "signed url": signed_urls.MARK,
        "credential name": names.MARK,
        "command link": COMMAND_LINK,
        "invisible": invisible.mark(),
    }
    return Marks(patterns)
