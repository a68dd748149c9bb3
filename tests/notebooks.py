"""Notebooks made in a line, so that a test shows only what it is about."""

from __future__ import annotations

import json
from typing import Any

from jupyter_mlsecops.notebook.model import Cell, Notebook

RawCell = dict[str, Any]


def code(source: str, *, outputs: list[RawCell] | None = None, **fields: Any) -> RawCell:
    """A code cell; `fields` may set id, metadata, execution_count and `tags`."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata_of(fields),
        "outputs": outputs or [],
        "source": source,
    } | fields


def markdown(source: str, **fields: Any) -> RawCell:
    return {"cell_type": "markdown", "metadata": metadata_of(fields), "source": source} | fields


def raw(source: str, **fields: Any) -> RawCell:
    return {"cell_type": "raw", "metadata": metadata_of(fields), "source": source} | fields


def metadata_of(fields: dict[str, Any]) -> dict[str, Any]:
    tags = fields.pop("tags", None)
    return ({"tags": list(tags)} if tags else {}) | fields.pop("metadata", {})


def stream(text: str, name: str = "stdout") -> RawCell:
    return {"name": name, "output_type": "stream", "text": text}


def display(data: dict[str, Any] | str, **metadata: Any) -> RawCell:
    bundle = {"text/plain": data} if isinstance(data, str) else data
    return {"data": bundle, "metadata": metadata, "output_type": "display_data"}


def result(data: dict[str, Any] | str, **metadata: Any) -> RawCell:
    return display(data, **metadata) | {"output_type": "execute_result", "execution_count": 1}


def traceback(*lines: str, ename: str = "Error", evalue: str = "") -> RawCell:
    return {"ename": ename, "evalue": evalue, "output_type": "error", "traceback": list(lines)}


def notebook(*cells: str | RawCell, metadata: dict[str, Any] | None = None, indent: int | None = 1) -> bytes:
    """The bytes of an nbformat 4.5 notebook; a string is a code cell; ids are c000, c001, … where none is given."""
    full = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    document = {
        "cells": [{"id": f"c{index:03}"} | cell for index, cell in enumerate(full)],
        "metadata": metadata or {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=indent).encode() + b"\n"


def read_notebook(*cells: str | RawCell, **options: Any) -> Notebook:
    """The same notebook, read."""
    from jupyter_mlsecops.notebook.reader import read

    return read(notebook(*cells, **options))


def bare_notebook(*cells: str | RawCell) -> Notebook:
    """A notebook of sources alone, made without the reader."""
    full = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    return Notebook(cells=tuple(bare_cell(index, cell) for index, cell in enumerate(full)))


def bare_cell(index: int, cell: RawCell) -> Cell:
    return Cell(
        index=index,
        type=cell["cell_type"],
        id=cell.get("id", f"c{index:03}"),
        source=cell["source"],
        tags=frozenset(cell["metadata"].get("tags", ())),
    )
