"""What travels in pieces is put together as if it had come whole."""

from __future__ import annotations

import json

import msgspec
import pytest
from editing import Editor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notebooks import code, markdown, raw, stream

from jupyter_mlsecops.server.protocol import LintReply
from jupyter_mlsecops.server.tasks import Lint, SetUp
from jupyter_mlsecops.server.worker import Worker

LIMITS = SetUp(max_sessions=8, max_kept_bytes=10**8, max_document=10**8, patience=60.0)

# Cells that speak of each other: a change of one changes what is found in another.
CELLS = [
    code("import torch"),
    code("import pickle as torch"),
    code("model = torch.load(path)"),
    code("path = 'https://example.org/model.pt'"),
    code("import requests\nopen('m.pt', 'wb').write(requests.get('http://example.org/m.pt').content)"),
    code("torch.load('m.pt', weights_only=False)  # mlsecops: ignore[unsafe-torch-load]"),
    code("!pip install numpy torch>=2", outputs=[stream("Collecting numpy\n")]),
    code("print(os.environ)", tags=["mlsecops-ignore"], metadata={"tags": ["mlsecops-ignore"]}),
    code("x = ("),
    markdown("# Title\n\n<button data-commandlinker-command='x:y'>x</button>"),
    markdown("<!-- mlsecops: ignore[command-link] -->"),
    raw("password = 'hunter2hunter2'"),
]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["set", "insert", "delete", "move", "metadata", "trust", "outputs"]),
        st.integers(0, 9),
        st.integers(0, 9),
        st.integers(0, len(CELLS) - 1),
    ),
    min_size=1,
    max_size=8,
)


def lint(worker: Worker, body: bytes) -> LintReply:
    answer = worker.answer(Lint(body=body, root="", allow_hidden=False))
    assert answer.status == 200, answer.body
    reply = msgspec.json.decode(answer.body, type=LintReply)
    return msgspec.structs.replace(reply, revision=0, seconds=0.0)


def change(editor: Editor, step: tuple[str, int, int, int]) -> None:
    what, first, second, sample = step
    keys = list(editor.cells)
    match what:
        case "insert":
            keys.insert(first % (len(keys) + 1), name := f"n{editor.revision}")
            editor.cells = {key: editor.cells.get(key) or CELLS[sample] for key in keys}
            assert name in editor.cells
        case "metadata":
            editor.metadata = {
                "kernelspec": {"language": ["python", "R"][sample % 2], "name": "k", "display_name": "k"}
            }
        case "trust":
            editor.trusted = not editor.trusted
        case "outputs":
            editor.options = {"outputs": bool(sample % 2)}
        case _ if not keys:
            pass
        case "set":
            editor.cells[keys[first % len(keys)]] = CELLS[sample]
        case "delete":
            del editor.cells[keys[first % len(keys)]]
        case "move":
            keys.insert(second % len(keys), keys.pop(first % len(keys)))
            editor.cells = {key: editor.cells[key] for key in keys}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, len(CELLS) - 1), max_size=5), STEPS)
def test_what_changed_gives_what_everything_gives(start: list[int], steps: list[tuple[str, int, int, int]]):
    worker = Worker(LIMITS)
    editor = Editor.of(*(CELLS[number] for number in start))
    lint(worker, editor.body())
    for step in steps:
        change(editor, step)
        incremental = lint(worker, editor.body())
        whole = Editor(
            cells=dict(editor.cells), metadata=editor.metadata, trusted=editor.trusted, options=editor.options
        )
        assert incremental == lint(Worker(LIMITS), whole.body())


def refusal(worker: Worker, request: dict) -> tuple[int, str]:
    answer = worker.answer(Lint(body=json.dumps(request).encode(), root="", allow_hidden=False))
    return answer.status, json.loads(answer.body)["reason"]


def test_an_older_revision_may_be_the_base():
    worker, editor = Worker(LIMITS), Editor.of("x = 1")
    lint(worker, editor.body())
    for number in range(3):
        request = editor.request() | {"base": 1, "cells": {"c0": code(f"x = {number}")}}
        lint(worker, json.dumps(request).encode())
    assert refusal(worker, editor.request() | {"base": 77}) == (409, "unknown-revision")


@pytest.mark.parametrize("order", [["c0", "c0"], ["c0", "nobody"]])
def test_an_order_that_cannot_be_is_refused(order: list[str]):
    assert refusal(Worker(LIMITS), Editor.of("x").request() | {"order": order}) == (400, "invalid")


def test_a_key_wins_over_the_id_that_a_cell_brings():
    editor = Editor.of(code("import torch\ntorch.load('m', weights_only=False)", id="other"))
    (found,) = lint(Worker(LIMITS), editor.body()).findings
    assert found.finding.cell is not None
    assert found.finding.cell.id == "c0"


def test_what_others_add_to_a_cell_is_passed_over():
    editor = Editor.of(code("x = 1", execution_state="idle"))
    assert not lint(Worker(LIMITS), editor.body()).problems


@pytest.mark.parametrize(("name", "kind"), [("nb.md", "notebook"), ("no extension", "notebook"), ("x.py", "notebook")])
def test_the_editor_holds_a_notebook_whatever_its_file_is(name: str, kind: str):
    editor = Editor.of("import torch\ntorch.load('m', weights_only=False)", path=name)
    (found,) = lint(Worker(LIMITS), editor.body()).findings
    assert (found.finding.path, kind) == (name, "notebook")


def test_the_largest_sessions_go_first_in_first_out():
    worker = Worker(SetUp(max_sessions=8, max_kept_bytes=5_000, max_document=10**6, patience=60.0))
    editors = [Editor.of("#" * 2_000, session=f"s{number}") for number in range(3)]
    for editor in editors:
        lint(worker, editor.body())
    assert refusal(worker, editors[0].request()) == (409, "unknown-revision")
    lint(worker, editors[2].body())
