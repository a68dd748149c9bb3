"""The process that reads what others wrote: it keeps the notebooks being edited, checks them, and may be killed any time."""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from jupyter_mlsecops.cache import MemoryCache
from jupyter_mlsecops.notebook.formats.scanned_files import read_file
from jupyter_mlsecops.server.documents import Revisions
from jupyter_mlsecops.server.editor import check_document, notebook_path
from jupyter_mlsecops.server.folders import check_listed, list_folder
from jupyter_mlsecops.server.pins import pinned
from jupyter_mlsecops.server.protocol import LintReply, LintRequest, PinRequest
from jupyter_mlsecops.server.refusals import Refused, decoded
from jupyter_mlsecops.server.root import Root
from jupyter_mlsecops.server.tasks import (
    Answer,
    CheckFile,
    Lint,
    ListFiles,
    PinVersions,
    SetUp,
    encode,
    read_frame,
    read_task,
    write_frame,
)
from jupyter_mlsecops.wire import Problem

if TYPE_CHECKING:
    from jupyter_mlsecops.server.documents import Document
    from jupyter_mlsecops.server.pins import Pinnable
    from jupyter_mlsecops.server.tasks import Task

_MOST_CACHES = 4
_MOST_UNSORTED = 1_000_000
_ANSWERS_TO_A_CLEANING = 50
_FIRST_REQUEST = (
    b'{"session":"first","path":"first.ipynb","revision":0,"base":null,"order":["a"],"metadata":null,"trusted":false,'
    b'"options":{},"cells":{"a":{"cell_type":"code","source":"import torch\\n!pip install x\\ntorch.load(y)"}}}'
)
_GONE = "The server does not have this revision any more; check the notebook again."


@dataclass(kw_only=True)
class Session:
    """One notebook in one editor, and the packages of its last checked revision that can be pinned."""

    revisions: Revisions = field(default_factory=Revisions)
    checked: int = -1
    pins: dict[str, tuple[Pinnable, ...]] = field(default_factory=dict)
    cache: MemoryCache | None = None


class Worker:
    """Answers tasks one by one, and keeps no more than it may."""

    def __init__(self, limits: SetUp) -> None:
        self._limits = limits
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def answer(self, task: Task) -> Answer:
        """The answer to a task; never raises, and says nothing of the content in what went wrong."""
        try:
            return self._answer(task)
        except Refused as refusal:
            return Answer(status=refusal.status, body=refusal.json())
        except Exception as error:  # noqa: BLE001  # the next task may be a good one
            failure = Refused(500, "failed", f"The check failed with {type(error).__name__}")
            return Answer(status=failure.status, body=failure.json())

    def _answer(self, task: Task) -> Answer:
        match task:
            case Lint():
                return self._lint(task)
            case PinVersions():
                return self._pin(decoded(task.body, PinRequest))
            case ListFiles():
                root = Root(folder=task.root, allow_hidden=task.allow_hidden)
                return Answer(status=200, body=encode(list_folder(root, task.path)))
            case CheckFile():
                root = Root(folder=task.root, allow_hidden=task.allow_hidden)
                return Answer(status=200, body=encode(check_listed(root, task.path, task.location, task.name)))
            case SetUp():
                return self._warmed_up()

    def _warmed_up(self) -> Answer:
        """Read all tables and compile all patterns before anybody waits for them."""
        request = decoded(_FIRST_REQUEST, LintRequest)
        check_document(Revisions().take(request), request, Root(folder="", allow_hidden=False))
        return Answer(status=200)

    def _lint(self, task: Lint) -> Answer:
        request = decoded(task.body, LintRequest)
        session = self._session(request.session)
        document = session.revisions.take(request)
        self._forget_the_oldest()
        if document.size > self._limits.max_document:
            del self._sessions[request.session]
            return _json(_too_large(request, document, self._limits.max_document))
        if not task.check:
            return Answer(status=204)
        root = Root(folder=task.root, allow_hidden=task.allow_hidden)
        checked = check_document(document, request, root, session.cache)
        session.checked, session.pins = document.revision, checked.pins
        return _json(checked.reply)

    def _pin(self, request: PinRequest) -> Answer:
        session = self._sessions.get(request.session)
        document = session.revisions.get(request.revision) if session else None
        if session is None or document is None or session.checked != request.revision:
            raise Refused(409, "unknown-revision", _GONE)
        if request.key not in session.pins:
            raise Refused(404, "not-found", "No such finding in this revision - at `$.key`")
        notebook = read_file(document.content(outputs=False), name=notebook_path(""))
        return _json(pinned(notebook, session.pins[request.key], request.versions))

    def _session(self, name: str) -> Session:
        session = self._sessions.setdefault(name, Session())
        self._sessions.move_to_end(name)
        session.cache = session.cache or MemoryCache()
        # What is known of a notebook takes many times its size.
        for other in list(self._sessions.values())[:-_MOST_CACHES]:
            other.cache = None
        return session

    def _forget_the_oldest(self) -> None:
        kept = sum(session.revisions.size for session in self._sessions.values())
        while len(self._sessions) > 1 and (
            len(self._sessions) > self._limits.max_sessions or kept > self._limits.max_kept_bytes
        ):
            _, forgotten = self._sessions.popitem(last=False)
            kept -= forgotten.revisions.size


def _json(message: msgspec.Struct) -> Answer:
    return Answer(status=200, body=msgspec.json.encode(message))


def _too_large(request: LintRequest, document: Document, limit: int) -> LintReply:
    message = f"The notebook has {document.size:,} bytes; the server checks up to {limit:,}"
    problem = Problem(path=request.path, cell=None, kind="too-large", message=message)
    return LintReply(
        revision=request.revision, findings=(), silenced=0, problems=(problem,), summary={}, seconds=0.0, too_large=True
    )


def main() -> None:
    """Answer on the standard pipes until the server is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server's to handle
    with os.fdopen(os.dup(0), "rb") as tasks, os.fdopen(os.dup(1), "wb") as answers, open(os.devnull, "r+b") as nothing:  # noqa: PTH123
        for descriptor in (0, 1):  # whoever prints must not speak to the server
            os.dup2(nothing.fileno(), descriptor)
        serve(tasks, answers, nothing)


def serve(tasks: BinaryIO, answers: BinaryIO, nothing: BinaryIO) -> None:
    """Answer one task after the other. A task that outlives the server's patience ends this process, were it alone."""
    frame = read_frame(tasks)
    limits = read_task(frame) if frame else None
    if not isinstance(limits, SetUp):
        return
    worker = Worker(limits)
    write_frame(answers, worker.answer(limits))
    # What is known of notebooks are millions of objects that stay: looking through them for garbage is what answers
    # would wait for most. It is done while nobody waits.
    gc.freeze()
    gc.set_threshold(_MOST_UNSORTED)
    for number in count(1):
        frame = read_frame(tasks)
        if not frame:
            return
        faulthandler.dump_traceback_later(limits.patience, exit=True, file=nothing)
        answer = worker.answer(read_task(frame))
        faulthandler.cancel_dump_traceback_later()
        write_frame(answers, answer)
        gc.collect(2 if number % _ANSWERS_TO_A_CLEANING == 0 else 0)


if __name__ == "__main__":
    main()
