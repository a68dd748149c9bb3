"""The strings in a JSON value, without recursion and within bounds: the value may be hostile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_mlsecops.notebook.formats.mime import is_binary
from jupyter_mlsecops.notebook.parts import child

if TYPE_CHECKING:
    from collections.abc import Iterator

# A key of a megabyte above a thousand leaves would make a gigabyte of pointers.
_MAX_POINTER_CHARACTERS = 8_000_000
_Step = tuple[str, str | None, Any]


def leaves(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """(pointer, text) of each string below `pointer`, in order; empty ones are left out.

    A list of nothing but strings is one text, joined by newlines. What stands under a binary MIME type is left out.
    When the pointers grow out of bounds, the texts that are left come as one at `pointer`.
    """
    budget = _MAX_POINTER_CHARACTERS
    rest: list[str] = []
    pending: list[Iterator[_Step]] = [iter([(pointer, None, value)])]
    while pending:
        step = next(pending[-1], None)
        if step is None:
            pending.pop()
            continue
        above, key, member = step
        here = "" if budget <= 0 else above if key is None else child(above, key)
        budget -= len(here)
        text = _text(member)
        if text is None:
            pending.append(_members(here, member))
        elif text and here:
            yield here, text
        elif text:
            rest.append(text)
    if rest:
        yield pointer, "\n".join(rest)


def _text(value: Any) -> str | None:
    """The text that a value is, if it is one."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    return None


def _members(pointer: str, value: Any) -> Iterator[_Step]:
    """(pointer, key, member) of a container's members that can hold text."""
    if isinstance(value, dict):
        for key, member in value.items():
            if isinstance(member, (str, list, dict)) and not ("/" in key and is_binary(key)):
                yield pointer, key, member
    elif isinstance(value, list):
        for index, member in enumerate(value):
            if isinstance(member, (str, list, dict)):
                yield pointer, str(index), member


def flattened(value: Any, join: str, *, otherwise: str | None = None) -> str:
    """The text of what should be a string or a list of strings; numbers, nested lists and objects count for their text.

    `otherwise` joins the values of what is neither, where it is not `join` too.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return join.join(value)
    return (join if otherwise is None else otherwise).join(_scalars(value))


def _scalars(value: Any) -> Iterator[str]:
    pending = [iter([value])]
    while pending:
        for member in pending[-1]:
            if isinstance(member, (list, dict)):
                pending.append(iter(member.values() if isinstance(member, dict) else member))
                break
            if isinstance(member, str):
                yield member
            elif member is not None:
                yield repr(member)
        else:
            pending.pop()
