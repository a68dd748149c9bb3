"""Folders scanned as jobs: watched, stopped, bounded, and never led out of the contents root."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import pytest

pytest.importorskip(
    "jupyter_server", reason="the server's tests need jupyter_server: pip install jupyter-mlsecops[lab]"
)
pytest.importorskip(
    "pytest_jupyter", reason="the server's tests need pytest-jupyter: pip install jupyter-mlsecops[test]"
)

import jsonschema
from notebooks import notebook
from tokens import make

from jupyter_mlsecops.server import protocol

RISKY = "import torch\nmodel = torch.load('model.pt', weights_only=False)"
# A worker that never comes back from some files, that dies of some, and that takes its time for all.
BROKEN = """
import os, time
from jupyter_mlsecops.server import worker, folders
real = folders.check_content
def check(content, name, settings):
    if "hangs" in name:
        time.sleep(600)
    if "kills" in name:
        os._exit(3)
    time.sleep(0.2)
    return real(content, name, settings)
folders.check_content = check
worker.main()
"""


@pytest.fixture
def broken(extension):
    extension.worker_command = (sys.executable, "-P", "-c", BROKEN)
    extension.scan_time_limit = 1.5


@pytest.fixture
def folder(jp_root_dir):
    """A project below the root, with two notebooks that are found and some files that are not."""
    project = jp_root_dir / "project"
    (project / "deep").mkdir(parents=True)
    (project / "a.ipynb").write_bytes(notebook(RISKY))
    (project / "deep" / "b.ipynb").write_bytes(notebook("x = 1", RISKY))
    (project / "c.ipynb").write_bytes(notebook("x = 1"))
    (project / "notes.txt").write_text("x")
    return project


async def finished(ask, name: str, since: int = 0) -> dict:
    for _ in range(200):
        status, reply = await ask("GET", f"scans/{name}", params={"since": str(since)})
        assert status == 200
        if reply["state"] != "running":
            return reply
        await asyncio.sleep(0.05)
    raise AssertionError(reply)


async def scanned(ask, path: str) -> dict:
    status, reply = await ask("POST", "scans", {"path": path})
    assert status == 201, reply
    return await finished(ask, reply["id"])


def paths(reply: dict) -> list[str]:
    return [each["path"] for each in reply["findings"]]


@pytest.mark.usefixtures("folder")
async def test_a_folder_is_scanned_with_paths_from_the_root(ask):
    reply = await scanned(ask, "project")
    jsonschema.validate(reply, protocol.schema() | {"$ref": "#/$defs/ScanState"}, cls=jsonschema.Draft202012Validator)
    assert (reply["state"], reply["done"], reply["total"]) == ("done", 3, 3)
    assert paths(reply) == ["project/a.ipynb", "project/deep/b.ipynb"]
    assert sum(reply["summary"].values()) == 2
    assert reply["findings"][0]["file_range"] is not None
    again = await finished(ask, reply["id"], since=1)
    assert paths(again) == ["project/deep/b.ipynb"]
    assert again["summary"] == reply["summary"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("path", ["", "/", "/project/", "project/deep"])
async def test_however_it_is_written(ask, path):
    assert "project/deep/b.ipynb" in paths(await scanned(ask, path))


async def test_the_projects_configuration_holds(ask, folder):
    (folder / ".jupyter-mlsecops.toml").write_text('exclude = ["deep"]\n')
    assert paths(await scanned(ask, "project")) == ["project/a.ipynb"]
    (folder / ".jupyter-mlsecops.toml").write_text("exclude = 1\n")
    reply = await scanned(ask, "project")
    assert len(paths(reply)) == 2
    assert [problem["kind"] for problem in reply["problems"]] == ["configuration"]


async def test_links_lead_nowhere_outside(ask, folder, jp_root_dir):
    outside = jp_root_dir.parent / "outside"
    outside.mkdir()
    (outside / "o.ipynb").write_bytes(notebook(RISKY))
    (outside / "o.py").write_text("# %%\n" + RISKY)
    (folder / "file.ipynb").symlink_to(outside / "o.ipynb")
    (folder / "script.py").symlink_to(outside / "o.py")
    (folder / "over").symlink_to(outside)
    (folder / "inside.ipynb").symlink_to(folder / "c.ipynb")
    (jp_root_dir / "way").symlink_to(outside)
    os.mkfifo(folder / "pipe.ipynb")
    reply = await scanned(ask, "project")
    assert paths(reply) == ["project/a.ipynb", "project/deep/b.ipynb"]
    problems = {problem["path"]: problem["message"] for problem in reply["problems"]}
    assert "leads out" in problems["project/file.ipynb"]
    assert problems["project/pipe.ipynb"] == "not a regular file"
    assert (await ask("POST", "scans", {"path": "way"}))[0] == 404
    assert (await ask("POST", "scans", {"path": "project/over"}))[0] == 404


@pytest.mark.parametrize("hidden", [False, True])
async def test_hidden_files_are_the_servers_to_show(ask, folder, hidden, jp_serverapp):
    (folder / ".secret.ipynb").write_bytes(notebook(RISKY))
    (folder / ".folder").mkdir()
    (folder / ".folder" / "x.ipynb").write_bytes(notebook(RISKY))
    jp_serverapp.contents_manager.allow_hidden = hidden
    found = paths(await scanned(ask, "project"))
    assert ("project/.secret.ipynb" in found, "project/.folder/x.ipynb" in found) == (hidden, hidden)
    assert (await ask("POST", "scans", {"path": "project/.folder"}))[0] == (201 if hidden else 404)


async def test_no_secret_leaves(ask, folder):
    token = make("github")
    (folder / "t.ipynb").write_bytes(notebook(f"token = '{token}'"))
    (folder / f"{token}.ipynb").write_bytes(notebook(f"token = '{token}'"))
    reply = await scanned(ask, "project")
    assert "provider-token" in [each["rule"] for each in reply["findings"]]
    assert token not in json.dumps(reply)


@pytest.mark.usefixtures("broken")
async def test_a_file_that_hangs_or_kills_is_a_problem_and_the_rest_is_checked(ask, folder):
    for name in ("b-hangs.ipynb", "b-kills.ipynb"):
        (folder / name).write_bytes(notebook("x = 1"))
    reply = await scanned(ask, "project")
    assert (reply["state"], reply["done"]) == ("done", 5)
    assert {problem["path"] for problem in reply["problems"]} == {"project/b-hangs.ipynb", "project/b-kills.ipynb"}
    assert paths(reply) == ["project/a.ipynb", "project/deep/b.ipynb"]


@pytest.mark.usefixtures("broken")
async def test_a_scan_can_be_watched_and_cancelled(ask, folder, extension):
    for number in range(50):
        (folder / f"n{number:02}.ipynb").write_bytes(notebook(RISKY))
    _, reply = await ask("POST", "scans", {"path": "project"})
    name, status = reply["id"], {"done": 0}
    while status["done"] < 2:
        await asyncio.sleep(0.05)
        status = (await ask("GET", f"scans/{name}"))[1]
    assert (status["state"], status["total"]) == ("running", 53)
    worker = extension.jobs.get(name)
    assert (await ask("DELETE", f"scans/{name}"))[0] == 204
    status = (await ask("GET", f"scans/{name}"))[1]
    assert status["state"] == "cancelled"
    assert 2 <= status["done"] < 53
    assert worker.running.done()
    assert (await ask("DELETE", f"scans/{name}"))[0] == 204
    assert (await ask("GET", f"scans/{name}"))[0] == 404


@pytest.mark.usefixtures("broken", "folder")
@pytest.mark.parametrize("extension_traits", [{"max_scan_jobs": 1}])
async def test_as_many_scans_as_may(ask):
    _, first = await ask("POST", "scans", {"path": "project"})
    status, reply = await ask("POST", "scans", {"path": "project"})
    assert (status, reply["reason"]) == (429, "too-many")
    await ask("DELETE", f"scans/{first['id']}")
    assert (await ask("POST", "scans", {"path": "project"}))[0] == 201


@pytest.mark.usefixtures("folder")
async def test_what_nobody_asks_for_expires(ask, monkeypatch):
    reply = await scanned(ask, "project")
    monkeypatch.setattr("jupyter_mlsecops.server.jobs._SECONDS_KEPT", 0.0)
    assert (await ask("GET", f"scans/{reply['id']}"))[0] == 404
