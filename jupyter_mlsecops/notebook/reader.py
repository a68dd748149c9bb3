"""Bytes of an .ipynb to a Notebook: fast for what is well formed, lenient and bounded for the rest, never executing."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec

from jupyter_mlsecops.notebook.formats.json_input import (
    BYTE_ORDER_MARK,
    TOO_LARGE,
    UNREADABLE,
    Unreadable,
    decode,
    load,
)
from jupyter_mlsecops.notebook.formats.language import read_language
from jupyter_mlsecops.notebook.formats.leaves import flattened
from jupyter_mlsecops.notebook.formats.old_formats import upgraded
from jupyter_mlsecops.notebook.formats.repairs import Repairs
from jupyter_mlsecops.notebook.formats.texts import (
    is_object,
    load_cell_texts,
    load_notebook_texts,
    read_count,
    read_tags,
)
from jupyter_mlsecops.notebook.model import Cell, CellType, Notebook

__all__ = ["MAX_BYTES", "MAX_CELLS", "Unreadable", "read"]

MAX_BYTES = 256_000_000
MAX_CELLS = 100_000
_NONE = msgspec.Raw(b"")
_CELL_TYPES: dict[str, CellType] = {"code": "code", "markdown": "markdown", "raw": "raw"}
_EMPTY = msgspec.Raw(b"{}")
_MINOR_WITH_IDS = 5


class _Cell(msgspec.Struct, gc=False):
    """A cell as nbformat 4 has it. What few rules read stays raw; read leniently, it is Python values instead."""

    cell_type: str
    source: str | list[str]
    id: str | None = None
    metadata: msgspec.Raw = _NONE
    attachments: msgspec.Raw = _NONE
    outputs: msgspec.Raw = _NONE
    execution_count: msgspec.Raw = _NONE


class _Notebook(msgspec.Struct):
    cells: list[_Cell]
    nbformat: int
    nbformat_minor: int = 0
    metadata: msgspec.Raw = _NONE


def read(
    content: bytes,
    *,
    name: str = "",  # noqa: ARG001 - names are for callers
    max_bytes: int = MAX_BYTES,
    previous: Notebook | None = None,
) -> Notebook:
    """The notebook in the bytes of a file; raises Unreadable and nothing else.

    Cells that are as they were in a previous state of the notebook are the same objects, with all that is known of them.
    """
    repairs = Repairs()
    text = decode(content, max_bytes=max_bytes, repairs=repairs)
    # What stays raw keeps its buffer alive: the text's own where it has one, else that of the bytes at hand.
    buffer = text if text.isascii() else content.removeprefix(BYTE_ORDER_MARK)
    try:
        document = msgspec.json.decode(buffer, type=_Notebook)
        if document.nbformat == 4:
            return _notebook(document, text, repairs, previous)
    except (msgspec.MsgspecError, RecursionError):
        pass
    return _read_leniently(text, repairs)


def _notebook(
    document: _Notebook, file_text: str | None, repairs: Repairs, previous: Notebook | None = None
) -> Notebook:
    if len(document.cells) > MAX_CELLS:
        raise Unreadable(TOO_LARGE, f"The notebook has more than {MAX_CELLS:,} cells.")
    ids = _own_ids(document, repairs)
    known = previous.json_cells if previous is not None else ()
    cells: list[Cell] = []
    for index, cell in enumerate(document.cells):
        is_known = previous is not None and index < len(known) and cell == known[index]
        before = previous.cells[index] if is_known and previous is not None else None
        same = before if before is not None and before.id == ids[index] else None
        cells.append(same or _cell(index, cell, ids[index], repairs))
    return Notebook(
        cells=tuple(cells),
        # What had to be repaired is read anew, so that it is said again.
        json_cells=() if repairs.sentences() else tuple(document.cells),
        language=read_language(document.metadata),
        file_text=file_text,
        load_texts=partial(load_notebook_texts, document.metadata),
        undecoded=(document.metadata,),
        repairs=repairs.sentences(),
    )


def _own_ids(document: _Notebook, repairs: Repairs) -> list[str | None]:
    """The ids of the cells as the file has them; one that an earlier cell has names nothing."""
    seen: set[str] = set()
    ids: list[str | None] = []
    for index, cell in enumerate(document.cells):
        own = cell.id
        if own is None and document.nbformat_minor >= _MINOR_WITH_IDS:
            repairs.cell("has no id", index)
        if own in seen:
            repairs.cell("has the id of an earlier cell", index)
            own = None
        if own is not None:
            seen.add(own)
        ids.append(own)
    return ids


def _cell(index: int, cell: _Cell, own_id: str | None, repairs: Repairs) -> Cell:
    kind = _CELL_TYPES.get(cell.cell_type)
    if kind is None:
        repairs.cell("has an unknown type and is read as raw", index)
    if not is_object(cell.metadata):
        repairs.cell("has no metadata", index)
    undecoded = (cell.attachments, cell.metadata, cell.outputs)
    return Cell(
        index=index,
        type=kind or "raw",
        id=own_id,
        source=cell.source if isinstance(cell.source, str) else "".join(cell.source),
        tags=read_tags(cell.metadata),
        execution_count=read_count(cell.execution_count),
        load_texts=partial(load_cell_texts, index, *undecoded),
        undecoded=undecoded,
    )


def _read_leniently(text: str, repairs: Repairs) -> Notebook:
    """What Jupyter or Python's json accepts though the strict reader does not."""
    document = load(text, repairs=repairs)
    if not isinstance(document, dict):
        raise Unreadable(UNREADABLE, f"The JSON is {_kind_of(document)}, not an object: this is no notebook.")
    version = _version(document, repairs)
    if version > 4:
        raise Unreadable(UNREADABLE, f"The notebook is of nbformat {version}; 4 is the newest that is known.")
    if version < 4:
        document = upgraded(document)
    cells = document.get("cells")
    if not isinstance(cells, list):
        fault = f'"cells" is {_kind_of(cells)}, not a list' if "cells" in document else 'it has no "cells"'
        raise Unreadable(UNREADABLE, f"Not a notebook: {fault}.")
    if not is_object(document.get("metadata")):
        repairs.note("The notebook has no metadata.")
    lenient = _Notebook(
        cells=[_lenient_cell(index, cell, repairs) for index, cell in enumerate(cells)],
        nbformat=4,
        nbformat_minor=_integer(document.get("nbformat_minor")) or 0,
        metadata=document.get("metadata", _NONE),
    )
    return _notebook(lenient, text if version == 4 else None, repairs)


def _version(document: dict[str, Any], repairs: Repairs) -> int:
    version = _integer(document.get("nbformat"))
    if version is not None:
        return version
    repairs.note("The notebook does not say its nbformat.")
    return 3 if "worksheets" in document and "cells" not in document else 4


def _integer(value: object) -> int | None:
    """A whole number, however it is written: 4, 4.0 or "4"."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else None


def _lenient_cell(index: int, cell: Any, repairs: Repairs) -> _Cell:
    if not isinstance(cell, dict):
        repairs.cell(f"is {_kind_of(cell)}, not an object", index)
        return _Cell(cell_type="raw", source=flattened(cell, ""), metadata=_EMPTY)
    source, own_id = cell.get("source"), cell.get("id")
    if not (isinstance(source, str) or (isinstance(source, list) and all(isinstance(line, str) for line in source))):
        repairs.cell("has a source that is not text", index)
    if own_id is not None and not isinstance(own_id, str):
        repairs.cell("has an id that is not text", index)
    raw = {key: cell[key] for key in ("metadata", "attachments", "outputs", "execution_count") if key in cell}
    return _Cell(
        cell_type=str(cell.get("cell_type")),
        source=flattened(source, ""),
        id=own_id if isinstance(own_id, str) else None,
        **raw,
    )


def _kind_of(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
