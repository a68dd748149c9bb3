"""Parts of a notebook: JSON Pointers (RFC 6901) below a cell or the notebook, and how lists of strings become one text."""

from __future__ import annotations

from jupyter_mlsecops.notebook.formats.mime import is_json


def child(pointer: str, key: str) -> str:
    """The pointer to a member."""
    if "~" in key or "/" in key:
        key = key.replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{key}"


def steps(pointer: str) -> list[str]:
    """The keys of a pointer, unescaped; none for the whole."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def join_of(part: str) -> str:
    """What joins the strings where this part is a list of them.

    Sources, streams and MIME data are cut at their line ends, which stay in the strings; all else is a list of lines.
    """
    match steps(part):
        case ["source"] | ["outputs", _, "text" | "evalue"]:
            return ""
        case ["outputs", _, "data", mime] | ["attachments", _, mime] if not is_json(mime):
            return ""
    return "\n"
