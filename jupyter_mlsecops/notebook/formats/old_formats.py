"""Notebooks of nbformat 1 to 3, put into the shape of nbformat 4; only what holds text is carried over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_OUTPUT_TYPES = {"pyout": "execute_result", "pyerr": "error"}
_MIME_TYPES = {
    "text": "text/plain", "html": "text/html", "svg": "image/svg+xml", "png": "image/png", "jpeg": "image/jpeg",
    "pdf": "application/pdf", "latex": "text/latex", "json": "application/json", "javascript": "application/javascript",
}  # fmt: skip


def upgraded(notebook: dict[str, Any]) -> dict[str, Any]:
    """A notebook of nbformat 4 with the same texts."""
    metadata = notebook.get("metadata")
    return {"nbformat": 4, "nbformat_minor": 0, "metadata": metadata, "cells": [*_cells(notebook)]}


def _cells(notebook: dict[str, Any]) -> Iterator[Any]:
    sheets = notebook.get("worksheets")
    for sheet in (*(sheets if isinstance(sheets, list) else ()), notebook):
        cells = sheet.get("cells") if isinstance(sheet, dict) else None
        yield from map(_cell, cells if isinstance(cells, list) else ())


def _cell(cell: Any) -> Any:
    if not isinstance(cell, dict):
        return cell
    kind = cell.get("cell_type")
    source = next((cell[key] for key in ("input", "code", "source", "text") if key in cell), "")
    new = {"cell_type": kind, "source": source, "metadata": cell.get("metadata", {})}
    if kind == "code":
        outputs = cell.get("outputs")
        new["outputs"] = [_output(output) for output in outputs] if isinstance(outputs, list) else []
        new["execution_count"] = cell.get("prompt_number")
    elif kind == "heading":
        new |= {"cell_type": "markdown", "source": _heading(cell.get("level"), source)}
    elif kind in ("text", "html", "rst"):
        new["cell_type"] = "markdown"
    return new


def _heading(level: object, source: Any) -> Any:
    marks = "#" * level if isinstance(level, int) and 1 <= level <= 6 else "#"
    return [f"{marks} ", *source] if isinstance(source, list) else [f"{marks} ", source]


def _output(output: Any) -> Any:
    """In the old formats `text` is plain text, or a stream's, and each MIME type is a key of its own."""
    if not isinstance(output, dict):
        return output
    kind = output.get("output_type")
    new = {key: value for key, value in output.items() if key not in _MIME_TYPES}
    if kind == "stream":
        return new | {"name": output.get("stream", "stdout"), "text": output.get("text", "")}
    data = {mime: output[key] for key, mime in _MIME_TYPES.items() if key in output}
    return new | {"output_type": _OUTPUT_TYPES.get(str(kind), kind), "data": data}
