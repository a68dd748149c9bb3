"""What the server asks of its worker process, and how both write it on the pipe between them."""

from __future__ import annotations

from typing import IO, TypeAlias

import msgspec

from jupyter_mlsecops.wire import FileResult, Problem

_LENGTH_BYTES = 8


class _Task(msgspec.Struct, kw_only=True, tag=True):
    pass


class SetUp(_Task):
    """The first words to a worker: how much it may keep, and after how many seconds of silence it ends itself."""

    max_sessions: int
    max_kept_bytes: int
    max_document: int
    patience: float


class Lint(_Task):
    """Take a LintRequest, and check it; only take it where a newer one waits already."""

    body: bytes
    root: str
    allow_hidden: bool
    check: bool = True


class PinVersions(_Task):
    """Answer a PinRequest."""

    body: bytes


class ListFiles(_Task):
    """List what there is to check below a folder of the contents."""

    path: str
    root: str
    allow_hidden: bool


class CheckFile(_Task):
    """Check one file of a folder that was listed."""

    location: str
    name: str
    path: str
    root: str
    allow_hidden: bool


Task: TypeAlias = SetUp | Lint | PinVersions | ListFiles | CheckFile


class Answer(msgspec.Struct, kw_only=True, frozen=True):
    """The status of a reply, and its body: JSON for the browser, or a Listing or FileResult for the server itself."""

    status: int
    body: bytes = b""


class Listing(msgspec.Struct, kw_only=True, frozen=True):
    """The files of a folder, by location and name, and what could not be looked at."""

    files: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]


encode = msgspec.msgpack.encode
read_task = msgspec.msgpack.Decoder(Task).decode
read_answer = msgspec.msgpack.Decoder(Answer).decode
read_listing = msgspec.msgpack.Decoder(Listing).decode
read_file_result = msgspec.msgpack.Decoder(FileResult).decode


def write_frame(pipe: IO[bytes], message: Task | Answer) -> None:
    """Write one message."""
    frame = encode(message)
    pipe.write(len(frame).to_bytes(_LENGTH_BYTES, "big"))
    pipe.write(frame)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> bytes | None:
    """Read one message; None where the other side is gone."""
    head = pipe.read(_LENGTH_BYTES)
    if len(head) < _LENGTH_BYTES:
        return None
    length = int.from_bytes(head, "big")
    frame = pipe.read(length)
    return frame if len(frame) == length else None
