"""Files checked side by side: whatever happens to the processes, each file has its outcome, and it is the same one."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from notebooks import notebook

from jupyter_mlsecops.entrypoints import checking, files, pool, scanning, tasks
from jupyter_mlsecops.entrypoints.files import Source
from jupyter_mlsecops.settings import Settings

CONTENT = notebook("import pickle\npickle.load(f)")
needs_fork = pytest.mark.skipif(
    multiprocessing.get_start_method() != "fork" or threading.active_count() > 1,
    reason="only a fork takes the patch along",
)
needs_alarms = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for number in range(24):
        (tmp_path / f"{number:02}.ipynb").write_bytes(CONTENT)
    return tmp_path


def checked(root: Path, jobs: int):
    chosen = Settings(working_directory=str(root))
    return scanning.check_all(files.find(["."], chosen), chosen, jobs=jobs)


def replace_for(monkeypatch, name: str, instead) -> None:
    """Do something else than checking where it comes to the file of this name."""
    real = checking.check_file

    def check_file(source: Source, *rest: object):
        if source.name == name:
            instead()
        return real(source, *rest)

    monkeypatch.setattr(checking, "check_file", check_file)


def spin() -> None:
    """Never come to an end, whatever exception a rule would survive."""
    while True:
        try:
            time.sleep(0.01)
        except Exception:  # noqa: BLE001
            continue


def problems(results) -> list[tuple[str, str, str]]:
    return [(problem.path, problem.kind, problem.message) for result in results for problem in result.problems]


@needs_fork
@pytest.mark.parametrize("jobs", [2, 5])
def test_a_process_that_hangs_is_ended_and_the_rest_is_checked(tree, monkeypatch, jobs):
    monkeypatch.setattr(tasks, "_SECONDS", 0.5)
    replace_for(monkeypatch, "07.ipynb", spin)
    results = checked(tree, jobs)
    assert problems(results) == [("07.ipynb", "too-large", "checking it took longer than 0.5 s")]
    assert sum(bool(result.findings) for result in results) == 23


@needs_alarms
def test_without_other_processes_time_ends_too(tree, monkeypatch):
    monkeypatch.setattr(tasks, "_SECONDS", 0.3)
    replace_for(monkeypatch, "07.ipynb", spin)
    results = checked(tree, 1)
    assert problems(results) == [("07.ipynb", "too-large", "checking it took longer than 0.3 s")]
    assert sum(bool(result.findings) for result in results) == 23


def spin_unheard() -> None:
    """As a library does that looks for no signals."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    spin()


@needs_fork
def test_a_large_file_is_never_checked_where_it_cannot_be_ended(tree, monkeypatch):
    (tree / "07.ipynb").write_bytes(notebook("# " + "x" * 300_000))
    monkeypatch.setattr(tasks, "_SECONDS", 0.5)
    replace_for(monkeypatch, "07.ipynb", spin_unheard)
    results = checked(tree, 1)
    assert problems(results) == [("07.ipynb", "too-large", "checking it took longer than 0.6 s")]
    assert sum(bool(result.findings) for result in results) == 23


@needs_fork
def test_processes_that_all_die(tree, monkeypatch):
    monkeypatch.setattr(checking, "check_file", lambda *_: os._exit(1))
    results = checked(tree, 3)
    assert {message for _, _, message in problems(results)} == {"the process that checked it died"}
    assert [result.path for result in results] == [f"{number:02}.ipynb" for number in range(24)]


def test_results_do_not_depend_on_how_processes_start(tree, monkeypatch):
    (tree / "03.ipynb").write_bytes(b"broken")
    (tree / "04.ipynb").write_bytes(notebook("# " + "x" * 600_000))
    plain = checked(tree, 1)
    assert checked(tree, 2) == checked(tree, 40) == plain
    monkeypatch.setattr(pool, "_context", lambda: multiprocessing.get_context("spawn"))
    assert checked(tree, 2) == plain


def test_a_thread_beside_makes_no_fork():
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert pool._context().get_start_method() == "spawn"
    finally:
        done.set()
        thread.join()


def test_in_a_thread_nothing_is_timed(tree):
    found = []
    thread = threading.Thread(target=lambda: found.extend(checked(tree, 1)))
    thread.start()
    thread.join()
    assert len(found) == 24


def source(name: str) -> Source:
    return Source(location=name, name=name)


def test_batches_are_alike():
    sizes = [3_000_000, 600_000, 400_000, 200_000, *[1_000] * 100]
    batches = [[size for size, _ in batch] for batch in pool._batches((size, source(f"{size}")) for size in sizes)]
    assert batches[:3] == [[3_000_000], [600_000], [400_000]]
    assert [size for batch in batches for size in batch] == sizes
    assert all(len(batch) == 1 or (sum(batch) <= 500_000 and len(batch) <= 32) for batch in batches)


def test_large_files_have_more_time_and_mending_too():
    task = tasks.Task(settings=Settings())
    assert task.seconds(0) == 20
    assert task.seconds(100_000_000) == 200
    mending = scanning.Mending(unsafe=False, write=False)
    assert tasks.Task(settings=Settings(), mending=mending).seconds(0) > 20


def test_no_process_outlives_the_run(tree):
    results = checked(tree, 3)
    assert len(results) == 24
    assert multiprocessing.active_children() == []


@needs_fork
def test_a_run_that_is_broken_off_ends_its_processes(tree):
    task = tasks.Task(settings=Settings(working_directory=str(tree)))
    sources = [Source(location=str(path), name=path.name) for path in sorted(tree.iterdir())]
    outcomes = tasks.check_each(sources, task, jobs=3)
    next(outcomes)
    outcomes.close()
    assert multiprocessing.active_children() == []
