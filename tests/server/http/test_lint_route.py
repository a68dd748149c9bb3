"""The notebook in the editor, checked by a real server in a real worker."""

from __future__ import annotations

import asyncio
import json
import sys

import jsonschema
import pytest

pytest.importorskip(
    "jupyter_server", reason="the server's tests need jupyter_server: pip install jupyter-mlsecops[lab]"
)
pytest.importorskip(
    "pytest_jupyter", reason="the server's tests need pytest-jupyter: pip install jupyter-mlsecops[test]"
)

from editing import Editor
from notebooks import code, stream
from tokens import make

from jupyter_mlsecops.server import protocol

RISKY = "import torch\nmodel = torch.load('model.pt', weights_only=False)"
HANG = "while True: pass  # this hangs the worker"
# A worker whose checks never end where a notebook asks for that, and one that dies.
BROKEN = """
import os, time
from jupyter_mlsecops.server import worker, folders
real = worker.check_document
def check(document, *others):
    if b"hangs the worker" in document.content():
        time.sleep(600)
    if b"kills the worker" in document.content():
        os._exit(3)
    if b"breaks the worker" in document.content():
        raise RuntimeError("breaks the worker")
    if b"slows the worker" in document.content():
        time.sleep(0.5)
    return real(document, *others)
worker.check_document = check
worker.main()
"""


def rules(reply: dict) -> list[str]:
    return [each["finding"]["rule"] for each in reply["findings"]]


@pytest.fixture
def broken(extension):
    extension.worker_command = (sys.executable, "-P", "-c", BROKEN)


@pytest.fixture
def impatient(extension):
    extension.time_limit = 1.5


async def test_what_is_typed_is_found(ask):
    editor = Editor.of("x = 1", RISKY)
    status, reply = await ask("POST", "lint", editor.body())
    assert status == 200, reply
    schema = protocol.schema() | {"$ref": "#/$defs/LintReply"}
    jsonschema.validate(reply, schema, cls=jsonschema.Draft202012Validator)
    (found,) = reply["findings"]
    assert found["finding"]["rule"] == "unsafe-torch-load"
    assert found["finding"]["cell"] == {"index": 1, "number": 2, "id": "c1", "type": "code"}
    assert found["finding"]["path"] == "nb.ipynb"
    assert found["finding"]["file_range"] is None
    assert found["key"] == found["finding"]["fingerprint"]
    assert found["title"][0].isupper()
    assert not found["title"].endswith(".")
    assert reply["summary"] == {found["finding"]["severity"]: 1}


async def test_only_changes_travel(ask):
    editor = Editor.of("x = 1", "y = 2")
    assert rules((await ask("POST", "lint", editor.body()))[1]) == []
    editor.cells["c1"] = code(RISKY)
    request = editor.request()
    assert list(request["cells"]) == ["c1"]
    status, reply = await ask("POST", "lint", request)
    assert status == 200
    assert (reply["revision"], rules(reply)) == (2, ["unsafe-torch-load"])


async def test_an_unknown_base_asks_for_everything(ask):
    editor = Editor.of(RISKY)
    editor.request()
    status, reply = await ask("POST", "lint", editor.body())
    assert (status, reply["reason"]) == (409, "unknown-revision")
    status, reply = await ask("POST", "lint", editor.body(full=True))
    assert (status, rules(reply)) == (200, ["unsafe-torch-load"])


@pytest.mark.usefixtures("broken", "impatient")
async def test_what_hangs_is_ended_and_replaced(ask):
    editor = Editor.of(RISKY)
    hanging = Editor.of(HANG, session="other")
    assert (await ask("POST", "lint", editor.body()))[0] == 200
    status, reply = await ask("POST", "lint", hanging.body())
    assert (status, reply["reason"]) == (503, "time-limit")
    status, reply = await ask("POST", "lint", editor.body())
    assert (status, reply["reason"]) == (409, "unknown-revision")
    assert (await ask("POST", "lint", editor.body(full=True)))[0] == 200
    hanging.cells["c0"] = code("x = 1")
    assert (await ask("POST", "lint", hanging.body(full=True)))[0] == 200


@pytest.mark.usefixtures("broken", "impatient")
async def test_a_notebook_that_once_hung_keeps_only_its_like_waiting(ask, extension):
    hanging = Editor.of(HANG, session="hanging")
    assert (await ask("POST", "lint", hanging.body()))[0] == 503
    waiting = asyncio.ensure_future(ask("POST", "lint", hanging.body(full=True)))
    editor = Editor.of(RISKY)
    assert (await ask("POST", "lint", editor.body()))[0] == 200
    assert not waiting.done()
    assert (await waiting)[0] == 503
    assert (await ask("POST", "lint", editor.body()))[0] == 200, "the usual worker lives on"
    assert extension.desk.usual.worker.started == 2


@pytest.mark.usefixtures("broken")
async def test_a_worker_that_dies_is_replaced(ask):
    editor = Editor.of("kills the worker")
    status, reply = await ask("POST", "lint", editor.body())
    assert (status, reply["reason"]) == (503, "failed")
    editor.cells["c0"] = code(RISKY)
    assert (await ask("POST", "lint", editor.body(full=True)))[0] == 200


@pytest.mark.usefixtures("broken")
async def test_what_breaks_says_nothing_of_the_content(ask):
    status, reply = await ask("POST", "lint", Editor.of("breaks the worker").body())
    assert (status, reply["reason"]) == (500, "failed")
    assert reply["message"] == "The check failed with RuntimeError"


@pytest.mark.usefixtures("broken")
async def test_the_newest_wins_and_the_older_ones_are_told(ask):
    editor = Editor.of("slows the worker")
    requests = []
    for number in range(5):
        editor.cells["c1"] = code(f"{RISKY}\nx = {number}")
        requests.append(asyncio.ensure_future(ask("POST", "lint", editor.body())))
        await asyncio.sleep(0.05)
    replies = await asyncio.gather(*requests)
    assert [status for status, _ in replies] == [409, 409, 409, 409, 200]
    assert {reply["reason"] for _, reply in replies[:-1]} == {"superseded"}
    assert replies[-1][1]["revision"] == 5
    editor.cells["c2"] = code("y = 1")
    assert (await ask("POST", "lint", editor.body()))[0] == 200, "what was not checked was still taken"


@pytest.mark.usefixtures("broken")
async def test_notebooks_do_not_replace_each_other(ask):
    editors = [Editor.of("slows the worker", session=f"s{number}") for number in range(2)]
    replies = await asyncio.gather(*(ask("POST", "lint", editor.body()) for editor in editors))
    assert [status for status, _ in replies] == [200, 200]


@pytest.mark.usefixtures("broken")
async def test_the_loop_answers_while_a_check_runs(ask):
    slow = asyncio.ensure_future(ask("POST", "lint", Editor.of("slows the worker").body()))
    await asyncio.sleep(0.05)
    assert (await ask("GET", "health"))[0] == 200
    assert not slow.done()
    assert (await slow)[0] == 200


@pytest.mark.parametrize("extension_traits", [{"max_body": 20_000}])
async def test_a_notebook_that_grows_too_large_says_so(ask):
    editor = Editor.of("x = 1")
    for number in range(4):
        editor.cells[f"n{number}"] = code("#" * 6_000)
        status, reply = await ask("POST", "lint", editor.body())
        assert status == 200
    assert reply["too_large"]
    assert reply["problems"][0]["kind"] == "too-large"
    assert (await ask("POST", "lint", editor.body()))[1]["reason"] == "unknown-revision"


@pytest.mark.parametrize("extension_traits", [{"max_sessions": 2}])
async def test_the_oldest_session_is_forgotten(ask):
    editors = [Editor.of("x = 1", session=f"s{number}") for number in range(3)]
    for editor in editors:
        assert (await ask("POST", "lint", editor.body()))[0] == 200
    statuses = [(await ask("POST", "lint", editor.body()))[0] for editor in editors[::-1]]
    assert statuses == [200, 200, 409]


async def test_no_secret_leaves(ask):
    token = make("github")
    output = stream(f"logged in with {token}\n")
    editor = Editor.of(code(f"token = '{token}'\nprint(token)", outputs=[output]), metadata={"note": token})
    editor.cells[token] = code("y = 1", metadata={"tags": [token]})
    status, reply = await ask("POST", "lint", editor.body())
    assert status == 200
    assert "provider-token" in rules(reply)
    assert any(each["move_secret"] for each in reply["findings"])
    assert token not in json.dumps(reply)


async def test_the_project_is_heard_where_the_notebook_is_trusted(ask, jp_root_dir):
    (jp_root_dir / "sub").mkdir()
    (jp_root_dir / ".jupyter-mlsecops.toml").write_text('ignore = ["unsafe-torch-load"]\n')
    editor = Editor.of(RISKY, path="sub/new.ipynb")
    assert rules((await ask("POST", "lint", editor.body()))[1]) == []
    editor.trusted = False
    assert rules((await ask("POST", "lint", editor.body()))[1]) == ["unsafe-torch-load"]
    editor.trusted = True
    (jp_root_dir / ".jupyter-mlsecops.toml").write_text("ignore = 7\n")
    reply = (await ask("POST", "lint", editor.body()))[1]
    assert rules(reply) == ["unsafe-torch-load"]
    assert reply["problems"][0]["kind"] == "configuration"


async def test_no_project_outside_of_the_root_is_heard(ask, jp_root_dir):
    (jp_root_dir.parent / ".jupyter-mlsecops.toml").write_text('ignore = ["unsafe-torch-load"]\n')
    outside = jp_root_dir.parent / "outside"
    outside.mkdir()
    (outside / ".jupyter-mlsecops.toml").write_text('ignore = ["unsafe-torch-load"]\n')
    (jp_root_dir / "link").symlink_to(outside)
    (jp_root_dir / "sub").mkdir()
    (jp_root_dir / "sub" / ".jupyter-mlsecops.toml").symlink_to(outside / ".jupyter-mlsecops.toml")
    for path in ("nb.ipynb", "link/nb.ipynb", "sub/nb.ipynb"):
        reply = (await ask("POST", "lint", Editor.of(RISKY, path=path).body()))[1]
        assert rules(reply) == ["unsafe-torch-load"], path


async def test_an_untrusted_notebook_silences_nothing(ask):
    editor = Editor.of(RISKY + "  # mlsecops: ignore[unsafe-torch-load]", code(RISKY, tags=["mlsecops-ignore"]))
    reply = (await ask("POST", "lint", editor.body()))[1]
    assert (rules(reply), reply["silenced"]) == ([], 2)
    editor.trusted = False
    reply = (await ask("POST", "lint", editor.body()))[1]
    assert (rules(reply), reply["silenced"]) == (["unsafe-torch-load"] * 2, 0)
    assert {ignore["kind"] for each in reply["findings"] for ignore in each["ignores"]} == {"notebook", "settings"}


async def test_options_of_lab(ask):
    token = make("github")
    editor = Editor.of(code("x = 1", outputs=[stream(token)]), RISKY, options={"ignore": ["deserialization"]})
    assert set(rules((await ask("POST", "lint", editor.body()))[1])) == {"provider-token"}
    editor.options = {"outputs": False}
    assert rules((await ask("POST", "lint", editor.body()))[1]) == ["unsafe-torch-load"]
    editor.options = {"min_severity": "critical"}
    assert "unsafe-torch-load" not in rules((await ask("POST", "lint", editor.body()))[1])
    editor.options = {"ignore": ["unsafe-torch-lod"]}
    reply = (await ask("POST", "lint", editor.body()))[1]
    assert "did you mean 'unsafe-torch-load'" in reply["problems"][0]["message"]
    assert "unsafe-torch-load" in rules(reply)


async def test_half_a_character_stops_nobody(ask):
    request = Editor.of(RISKY + "\ns = 'HALF'").body().replace(b"HALF", rb"\ud83d \ud83d\ude00 \\ud83d")
    assert rules((await ask("POST", "lint", request))[1]) == ["unsafe-torch-load"]


async def test_a_stopped_extension_leaves_no_process(ask, extension):
    await ask("POST", "lint", Editor.of("x").body())
    process = extension.desk.usual.worker._process
    assert process.poll() is None
    await extension.stop_extension()
    assert process.poll() is not None


async def test_a_worker_that_cannot_be_started_is_said(ask, extension):
    extension.worker_command = ("/nowhere/python",)
    status, reply = await ask("POST", "lint", Editor.of("x").body())
    assert (status, reply["reason"]) == (503, "failed")


@pytest.mark.usefixtures("broken")
async def test_who_waits_while_the_server_stops_is_told(ask, extension):
    waiting = asyncio.ensure_future(ask("POST", "lint", Editor.of(HANG).body()))
    await asyncio.sleep(0.2)
    await extension.desk.stop()
    assert (await waiting)[0] == 503
