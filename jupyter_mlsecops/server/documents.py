"""The notebooks that are being edited, as their clients last told them: the changed cells alone travel."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from jupyter_mlsecops.server.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_mlsecops.server.protocol import CellModel, LintRequest

# A client may count from a revision whose answer it has, while newer ones are on their way.
_KEPT_REVISIONS = 4
_NO_METADATA = b"{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCell:
    """The JSON of one cell: all but the closing brace and the outputs, and the outputs ("" where a cell has none)."""

    head: bytes
    outputs: bytes

    @property
    def size(self) -> int:
        """How many bytes it keeps."""
        return len(self.head) + len(self.outputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One revision of a notebook."""

    revision: int
    order: tuple[str, ...]
    cells: Mapping[str, StoredCell] = field(repr=False)
    metadata: bytes = field(default=_NO_METADATA, repr=False)

    @property
    def size(self) -> int:
        """How many bytes it keeps."""
        return len(self.metadata) + sum(cell.size for cell in self.cells.values())

    def content(self, *, outputs: bool = True) -> bytes:
        """The notebook as a file would hold it, with or without its outputs."""
        cells = (self.cells[key] for key in self.order)
        if outputs:
            texts = [
                cell.head + b',"outputs":' + cell.outputs + b"}" if cell.outputs else cell.head + b"}" for cell in cells
            ]
        else:
            texts = [cell.head + (b',"outputs":[]}' if cell.outputs else b"}") for cell in cells]
        return b'{"nbformat":4,"nbformat_minor":5,"metadata":%b,"cells":[%b]}' % (self.metadata, b",".join(texts))


def changed(base: Document | None, request: LintRequest) -> Document:
    """The revision that a request tells of. Refused where the request contradicts itself."""
    known = {**base.cells} if base else {}
    known |= {key: _stored(key, cell) for key, cell in request.cells.items()}
    if len(set(request.order)) < len(request.order):
        raise Refused(400, "invalid", "A cell is named twice - at `$.order`")
    if missing := sum(key not in known for key in request.order):
        raise Refused(400, "invalid", f"{missing} cells of `$.order` are neither in `$.cells` nor in the base")
    metadata = base.metadata if base else _NO_METADATA
    return Document(
        revision=request.revision,
        order=tuple(request.order),
        cells={key: known[key] for key in request.order},
        metadata=metadata if request.metadata is None else msgspec.json.encode(request.metadata),
    )


def _stored(key: str, cell: CellModel) -> StoredCell:
    fields = {"id": key, "cell_type": cell.cell_type, "source": cell.source, "metadata": cell.metadata}
    if cell.attachments is not None:
        fields["attachments"] = cell.attachments
    if cell.cell_type != "code":
        return StoredCell(head=msgspec.json.encode(fields)[:-1], outputs=b"")
    fields["execution_count"] = cell.execution_count  # type: ignore[assignment]  # a number among texts
    return StoredCell(head=msgspec.json.encode(fields)[:-1], outputs=msgspec.json.encode(cell.outputs or []))


class Revisions:
    """The last revisions of one notebook."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, Document] = OrderedDict()

    def take(self, request: LintRequest) -> Document:
        """Keep the revision that a request tells of. Refused where its base is not known any more."""
        base = None
        if request.base is not None:
            base = self._kept.get(request.base)
            if base is None:
                raise Refused(
                    409, "unknown-revision", "The server does not have this revision; send the whole notebook."
                )
        else:
            self._kept.clear()
        document = changed(base, request)
        self._kept.pop(document.revision, None)
        self._kept[document.revision] = document
        while len(self._kept) > _KEPT_REVISIONS:
            self._kept.popitem(last=False)
        return document

    def get(self, revision: int) -> Document | None:
        """A revision, if it is still kept."""
        return self._kept.get(revision)

    @property
    def size(self) -> int:
        """How many bytes the newest revision keeps; older ones share most of them."""
        return next(reversed(self._kept.values())).size if self._kept else 0
