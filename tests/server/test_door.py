"""The door stays shut for who does not knock: nothing imports Jupyter Server, and the worker trusts nobody's folder."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from editing import Editor

from jupyter_mlsecops.server.process import COMMAND, Died, TookTooLong, WorkerProcess
from jupyter_mlsecops.server.root import Root
from jupyter_mlsecops.server.tasks import Lint, SetUp

LIMITS = SetUp(max_sessions=8, max_kept_bytes=10**8, max_document=10**8, patience=60.0)
HANGING = """
import time
from jupyter_mlsecops.server import worker
real = worker.check_document
def check(document, request, *others):
    return real(document, request, *others) if request.session == "first" else time.sleep(60)
worker.check_document = check
worker.main()
"""


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_package_does_not_import_jupyter_server():
    assert (
        "jupyter_server" not in run("import sys, jupyter_mlsecops; jupyter_mlsecops.lint; print(*sys.modules)").split()
    )


def test_the_worker_needs_no_jupyter_server():
    run(
        "import sys\n"
        "for name in ('jupyter_server', 'tornado'): sys.modules[name] = None\n"
        "import jupyter_mlsecops.server.worker, jupyter_mlsecops.server.jobs, jupyter_mlsecops.server.desk"
    )


def answer(task: Lint, *, command: tuple[str, ...] = COMMAND, limits: SetUp = LIMITS, seconds: float = 30.0) -> int:
    """The status of what a new worker answers."""

    async def ask() -> int:
        worker = WorkerProcess(limits, pool, command)
        try:
            return (await worker.call(task, seconds=seconds)).status
        finally:
            worker.stop()

    with ThreadPoolExecutor(1) as pool:
        return asyncio.run(ask())


def task() -> Lint:
    return Lint(body=Editor.of("x = 1").body(), root="", allow_hidden=False)


def test_the_worker_imports_nothing_from_where_the_server_was_started(tmp_path: Path, monkeypatch):
    for name in ("msgspec", "json", "re2", "jupyter_mlsecops", "signal"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken over')\n")
    monkeypatch.chdir(tmp_path)
    assert answer(task()) == 200


def test_a_worker_without_a_server_ends_itself():
    impatient = SetUp(max_sessions=8, max_kept_bytes=10**8, max_document=10**8, patience=0.3)
    with pytest.raises(Died):
        answer(task(), command=(sys.executable, "-P", "-c", HANGING), limits=impatient)


def test_a_worker_that_hangs_is_killed():
    with pytest.raises(TookTooLong):
        answer(task(), command=(sys.executable, "-P", "-c", HANGING), seconds=0.3)


def test_a_worker_ends_with_the_pipe():
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.close()
        assert process.wait(timeout=30) == 0


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("nb.ipynb", True), ("a/b/nb.ipynb", True), ("/nb.ipynb", True), ("", True), ("a..b/c.ipynb", True),
        ("..", False), ("a/../b", False), ("../x", False), (".git/config", False), ("a/.b/c", False), ("a\0b", False),
    ],
)  # fmt: skip
def test_what_is_below_the_root_by_its_words(path: str, expected: bool, tmp_path: Path):
    root = Root(folder=str(tmp_path), allow_hidden=False)
    assert root.is_inside(path) is expected
    assert (root.locate(path) is not None) is expected


def test_a_folder_beside_the_root_is_not_below_it(tmp_path: Path):
    (tmp_path / "root").mkdir()
    (tmp_path / "root-too").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path / "root-too")
    root = Root(folder=str(tmp_path / "root"), allow_hidden=False)
    assert root.locate("link") is None
    assert not root.holds(str(tmp_path / "root-too"))


def test_contents_without_a_folder_have_no_paths():
    root = Root(folder="", allow_hidden=False)
    assert root.is_inside("nb.ipynb")
    assert root.locate("nb.ipynb") is None
