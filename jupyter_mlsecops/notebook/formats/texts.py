"""The texts beside a cell's source: attachments, metadata and outputs, each with its pointer and MIME type."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from jupyter_mlsecops.notebook.formats.json_input import MAX_VALUES, holds_too_many_values
from jupyter_mlsecops.notebook.formats.leaves import flattened, leaves
from jupyter_mlsecops.notebook.formats.mime import is_binary, is_json
from jupyter_mlsecops.notebook.model import Text
from jupyter_mlsecops.notebook.parts import child

_STREAMS = {"stderr": "application/vnd.jupyter.stderr"}
_STDOUT = "application/vnd.jupyter.stdout"
_ERROR = "application/vnd.jupyter.error"
_METADATA = "text/x-metadata"
_NOTHING = (b"{}", b"[]", b"", b"null")
_EMPTY = max(map(len, _NOTHING))
_ABSENT = msgspec.Raw(b"")
_NO_TAGS: frozenset[str] = frozenset()
_Reader = Callable[[int | None, str, object], Iterator[Text]]


def load_cell_texts(cell: int, attachments: object, metadata: object, outputs: object) -> tuple[Text, ...]:
    """Every text of a cell but its source, from JSON that is not decoded yet (msgspec.Raw) or from Python values."""
    return (
        *_bounded(cell, "/attachments", attachments, _attachment_texts),
        *_bounded(cell, "/metadata", metadata, _metadata_texts),
        *_bounded(cell, "/outputs", outputs, _output_list_texts),
    )


def load_notebook_texts(metadata: object) -> tuple[Text, ...]:
    """Every text of the notebook's own metadata, widget state included."""
    return tuple(_bounded(None, "/metadata", metadata, _metadata_texts))


def _bounded(cell: int | None, part: str, value: object, read: _Reader) -> Iterable[Text]:
    """What `read` finds; JSON too deep or with too many values to take apart is one text as it stands in the file."""
    if not isinstance(value, msgspec.Raw):
        return read(cell, part, value)
    size = len(memoryview(value))
    if size <= _EMPTY and bytes(value) in _NOTHING:
        return ()
    if not (size > 2 * MAX_VALUES and holds_too_many_values(bytes(value))):
        try:
            return tuple(read(cell, part, value))
        except RecursionError:
            pass
    return (Text(cell=cell, part=part, text=bytes(value).decode(), mime="application/json"),)


def _attachment_texts(cell: int | None, part: str, attachments: object) -> Iterator[Text]:
    for name, bundle in members(attachments).items():
        yield from _bundle_texts(cell, child(part, name), bundle)


def _metadata_texts(cell: int | None, part: str, metadata: object) -> Iterator[Text]:
    for pointer, text in leaves(decoded(metadata), part):
        yield Text(cell=cell, part=pointer, text=text, mime=_METADATA)


def _output_list_texts(cell: int | None, part: str, outputs: object) -> Iterator[Text]:
    for number, output in enumerate(_elements(outputs)):
        yield from _output_texts(cell, f"{part}/{number}", members(output))


def _output_texts(cell: int | None, part: str, output: dict[str, object]) -> Iterator[Text]:
    # What an output holds decides, not what it says it is: a viewer may be as lenient.
    if text := _text(decoded(output.get("text"))):
        mime = _STREAMS.get(str(decoded(output.get("name"))), _STDOUT)
        yield Text(cell=cell, part=f"{part}/text", text=text, mime=mime)
    yield from _bundle_texts(cell, f"{part}/data", output.get("data"))
    traceback = _text(decoded(output.get("traceback")), "\n")
    if traceback:
        yield Text(cell=cell, part=f"{part}/traceback", text=traceback, mime=_ERROR)
    if (message := _text(decoded(output.get("evalue")))) and message not in traceback:
        yield Text(cell=cell, part=f"{part}/evalue", text=message, mime=_ERROR)
    yield from _metadata_texts(cell, f"{part}/metadata", output.get("metadata"))


def _bundle_texts(cell: int | None, part: str, bundle: object) -> Iterator[Text]:
    """The texts of a MIME bundle; binary ones are not even decoded."""
    for mime, value in members(bundle).items():
        if is_binary(mime):
            continue
        pointer, content = child(part, mime), decoded(value)
        if is_json(mime) or isinstance(content, dict):
            for leaf, text in leaves(content, pointer):
                yield Text(cell=cell, part=leaf, text=text, mime="application/json")
        elif text := _text(content):
            yield Text(cell=cell, part=pointer, text=text, mime=mime)


def _text(value: Any, join: str = "") -> str:
    """What should be a string or its pieces; where it is neither, a line for each value keeps them apart."""
    return flattened(value, join, otherwise="\n")


def decoded(value: object) -> Any:
    """The Python value of what may be raw JSON. RecursionError where that is nested too deeply."""
    if not isinstance(value, msgspec.Raw):
        return value
    json_text = bytes(value)
    try:
        return msgspec.json.decode(json_text) if json_text else None
    except msgspec.MsgspecError:  # a number out of its range
        return json.loads(json_text, parse_int=float)


def members(value: object) -> dict[str, Any]:
    """The members of a JSON object, each as raw as it came; none of anything else."""
    if not isinstance(value, msgspec.Raw):
        return value if isinstance(value, dict) else {}
    return msgspec.json.decode(value, type=dict[str, msgspec.Raw]) if is_object(value) else {}


class KnownMembers(msgspec.Struct):
    """The members of metadata that decide how a notebook is read, each as raw as it came."""

    tags: msgspec.Raw = _ABSENT
    kernelspec: msgspec.Raw = _ABSENT
    language_info: msgspec.Raw = _ABSENT
    language: msgspec.Raw = _ABSENT
    name: msgspec.Raw = _ABSENT


def known_members(value: object) -> KnownMembers:
    """The known members of a JSON object; the others, of which a hostile file may have millions, cost nothing."""
    if isinstance(value, msgspec.Raw):
        return msgspec.json.decode(value, type=KnownMembers) if is_object(value) else KnownMembers()
    known = {name: member for name, member in members(value).items() if name in KnownMembers.__struct_fields__}
    return KnownMembers(**known)


def _elements(value: object) -> list[Any]:
    if not isinstance(value, msgspec.Raw):
        return value if isinstance(value, list) else []
    return msgspec.json.decode(value, type=list[msgspec.Raw]) if _first_byte(value) == b"[" else []


def is_object(value: object) -> bool:
    """Whether this is a JSON object, without decoding it."""
    return _first_byte(value) == b"{" if isinstance(value, msgspec.Raw) else isinstance(value, dict)


def _first_byte(value: msgspec.Raw) -> bytes:
    return bytes(memoryview(value)[:1])


def read_tags(metadata: object) -> frozenset[str]:
    """The tags of a cell."""
    if isinstance(metadata, msgspec.Raw) and not _may_have_tags(bytes(metadata)):
        return _NO_TAGS
    tags = decoded(known_members(metadata).tags)
    return frozenset(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else _NO_TAGS


def _may_have_tags(json_text: bytes) -> bool:
    return b'"tags"' in json_text or b"\\" in json_text  # the key may be written with escapes


def read_count(execution_count: object) -> int | None:
    """The execution count of a cell, where it is a whole number."""
    if isinstance(execution_count, msgspec.Raw):
        digits = bytes(execution_count)
        return int(digits) if digits.isdigit() and len(digits) < 10 else None
    return execution_count if type(execution_count) is int else None
