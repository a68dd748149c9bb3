"""Which files are found and in which order, and that none is lost on the way."""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path

import pytest
from notebooks import notebook

from jupyter_mlsecops.entrypoints import checking, files, scanning
from jupyter_mlsecops.entrypoints.files import Source
from jupyter_mlsecops.findings import Problem
from jupyter_mlsecops.globs import anchored
from jupyter_mlsecops.settings import Settings

CONTENT = notebook("import pickle\npickle.load(f)")
needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


@pytest.fixture
def tree(tmp_path: Path):
    """Makes files below a folder; the folder is the working directory of the settings."""

    def make(*names: str) -> Path:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(CONTENT)
        return tmp_path

    return make


def settings(root: Path, **fields) -> Settings:
    for key in ("exclude", "include"):
        fields[key] = tuple(anchored(pattern, str(root)) for pattern in fields.get(key, ()))
    return Settings(working_directory=str(root), **fields)


def found(root: Path, *paths: str, **fields) -> list[str]:
    return [
        item.name if isinstance(item, Source) else f"! {item.path}"
        for item in files.find(paths, settings(root, **fields))
    ]


def checked(root: Path, *paths: str, jobs: int = 1, **fields):
    chosen = settings(root, **fields)
    return scanning.check_all(files.find(paths, chosen), chosen, jobs=jobs)


def test_folders_in_a_stable_order(tree):
    root = tree("b.ipynb", "a/z.ipynb", "a/b/c.ipynb", "a-b.ipynb", "a/x.py", "README", "c.IPYNB")
    assert found(root, ".") == ["a/b/c.ipynb", "a/z.ipynb", "a-b.ipynb", "b.ipynb", "c.IPYNB"]
    assert found(root, "a") == ["a/b/c.ipynb", "a/z.ipynb"]
    assert found(root, str(root / "a")) == ["a/b/c.ipynb", "a/z.ipynb"]
    assert found(root, "a/../a/") == ["a/b/c.ipynb", "a/z.ipynb"]


def test_folders_that_hold_nothing_of_the_users(tree):
    root = tree(
        ".git/a.ipynb", ".ipynb_checkpoints/a.ipynb", "x/.ipynb_checkpoints/a.ipynb", "node_modules/a.ipynb",
        ".mypy_cache/a.ipynb", "env/a.ipynb", "env/pyvenv.cfg", "conda/conda-meta/x", "conda/a.ipynb", ".github/a.ipynb",
        "cache/a.ipynb",
    )  # fmt: skip
    assert found(root, ".") == [".github/a.ipynb", "cache/a.ipynb"]
    assert found(root, ".ipynb_checkpoints") == [".ipynb_checkpoints/a.ipynb"]


def test_exclude_and_include(tree):
    root = tree("a.ipynb", "old/b.ipynb", "new/c.ipynb", "new/d.py", "new/e.txt")
    assert found(root, ".", exclude=["old"]) == ["a.ipynb", "new/c.ipynb"]
    assert found(root, ".", exclude=["new/*.ipynb"]) == ["a.ipynb", "old/b.ipynb"]
    assert found(root, ".", include=["*.py"]) == ["a.ipynb", "new/c.ipynb", "new/d.py", "old/b.ipynb"]
    assert found(root, ".", include=["*.py"], exclude=["new/d.py"]) == ["a.ipynb", "new/c.ipynb", "old/b.ipynb"]


def test_a_file_that_is_named_is_taken_even_where_a_pattern_excludes_it(tree):
    root = tree("old/b.ipynb", ".ipynb_checkpoints/a.ipynb")
    assert found(root, "old/b.ipynb", ".ipynb_checkpoints/a.ipynb", exclude=["old"]) == [
        "old/b.ipynb",
        ".ipynb_checkpoints/a.ipynb",
    ]


def test_each_file_once(tree):
    root = tree("a.ipynb", "b.ipynb")
    assert found(root, "b.ipynb", ".", "./b.ipynb", str(root / "b.ipynb")) == ["b.ipynb", "a.ipynb"]


def test_paths_are_shown_relative_where_they_lie_below(tree, tmp_path_factory):
    root = tree("sub/a.ipynb")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "b.ipynb").write_bytes(CONTENT)
    here = settings(root / "sub")
    names = [item.name for item in files.find([str(root / "sub/a.ipynb"), "../sub/a.ipynb", str(elsewhere)], here)]
    assert names == ["a.ipynb", str(elsewhere / "b.ipynb")]
    assert files.shown_path("../other/x.ipynb", here) == "../other/x.ipynb"
    assert files.shown_path("./a.ipynb", here) == "a.ipynb"


def test_a_path_that_does_not_exist(tree):
    root = tree("a.ipynb")
    assert found(root, "nothing.ipynb", "a.ipynb", "nothing.ipynb") == ["! nothing.ipynb", "a.ipynb"]
    problem, result = checked(root, "nothing.ipynb", "a.ipynb")
    assert [(each.kind, each.message) for each in problem.problems] == [("unreadable", "no such file or folder")]
    assert len(result.findings) == 1
    assert found(root, "x" * 5000) == ["! " + "x" * 5000]
    assert found(root, "nul\0l") == ["! nul\0l"]


def test_a_folder_with_the_suffix_of_a_notebook(tree):
    root = tree("x.ipynb/a.ipynb")
    assert found(root, ".") == found(root, "x.ipynb") == ["! x.ipynb", "x.ipynb/a.ipynb"]


@pytest.mark.parametrize("name", ["a.r", "notes.txt", "config.yml", "README"])
def test_other_kinds_are_a_problem(tree, name):
    (result,) = checked(tree(name), name)
    assert [(each.kind, each.path) for each in result.problems] == [("unreadable", name)]
    assert "not a kind of file" in result.problems[0].message


def test_too_large_is_said_before_it_is_read(tree, monkeypatch):
    root = tree("a.ipynb")
    monkeypatch.setattr("builtins.open", lambda *_: pytest.fail("opened"))
    (result,) = checked(root, "a.ipynb", max_file_size=10)
    assert [each.kind for each in result.problems] == ["too-large"]


def test_a_file_that_vanished(tree):
    root = tree("a.ipynb", "b.ipynb")
    items = files.find(["."], settings(root))
    (root / "a.ipynb").unlink()
    gone, there = scanning.check_all(items, settings(root), jobs=1)
    assert [each.message for each in gone.problems] == ["no such file or directory"]
    assert there.findings


@needs_posix
def test_links(tree, tmp_path_factory):
    root = tree("real/a.ipynb")
    outside = tmp_path_factory.mktemp("outside") / "o.ipynb"
    outside.write_bytes(CONTENT)
    (root / "again.ipynb").symlink_to("real/a.ipynb")
    (root / "loop").symlink_to(".")
    (root / "real/up").symlink_to("..")
    (root / "outside.ipynb").symlink_to(outside)
    (root / "folder.ipynb").symlink_to("real")
    (root / "self.ipynb").symlink_to("self.ipynb")
    (root / "dead.ipynb").symlink_to("nothing")
    assert found(root, ".") == ["dead.ipynb", "outside.ipynb", "real/a.ipynb", "self.ipynb"]
    broken = [result.path for result in checked(root, ".") if result.problems]
    assert broken == ["dead.ipynb", "self.ipynb"]
    assert found(root, "again.ipynb") == ["again.ipynb"]
    assert found(root, "loop") == ["loop/dead.ipynb", "loop/outside.ipynb", "loop/real/a.ipynb", "loop/self.ipynb"]


@needs_posix
def test_a_pipe_is_not_waited_for(tree):
    root = tree("a.ipynb")
    os.mkfifo(root / "pipe.ipynb")
    results = checked(root, ".")
    assert [each.message for result in results for each in result.problems] == ["not a regular file"]


@needs_posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tree):
    root = tree("a.ipynb", "shut/b.ipynb")
    (root / "a.ipynb").chmod(0)
    (root / "shut").chmod(0)
    try:
        messages = [each.message for result in checked(root, ".") for each in result.problems]
    finally:
        (root / "shut").chmod(0o700)
    assert messages == ["permission denied", "permission denied"]


def test_a_folder_that_cannot_be_listed(tree, monkeypatch):
    root = tree("a.ipynb", "shut/b.ipynb")
    real = os.scandir

    def scandir(path):
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert found(root, ".") == ["a.ipynb", "! shut"]


@needs_posix
@pytest.mark.skipif(sys.platform == "darwin", reason="file names there are Unicode")
def test_names_that_are_no_text(tree):
    root = tree("a.ipynb")
    (root / os.fsdecode(b"\xff.ipynb")).write_bytes(CONTENT)
    results = checked(root, ".", exclude=["nothing"])
    assert [result.path for result in results] == ["a.ipynb", "\ufffd.ipynb"]
    assert all(result.findings for result in results)


def test_deep_folders(tree):
    root = tree("/".join(["d"] * 400) + "/a.ipynb")
    assert len(found(root, ".")) == 1


def test_results_do_not_depend_on_jobs(tree):
    root = tree(*[f"{n}.ipynb" for n in range(30)])
    (root / "7.ipynb").write_bytes(b"broken")
    assert checked(root, ".", "missing", jobs=1) == checked(root, ".", "missing", jobs=3)


@pytest.mark.skipif(multiprocessing.get_start_method() != "fork", reason="only a fork takes the patch along")
def test_a_worker_that_dies_loses_no_file(tree, monkeypatch):
    root = tree(*[f"{n:02}.ipynb" for n in range(20)])
    real = checking.check_file

    def check_file(source: Source, *rest: object):
        if source.name == "11.ipynb":
            os._exit(1)
        return real(source, *rest)

    monkeypatch.setattr(checking, "check_file", check_file)
    results = checked(root, ".", jobs=2)
    assert [result.path for result in results] == [f"{n:02}.ipynb" for n in range(20)]
    assert [result.path for result in results if result.problems] == ["11.ipynb"]
    assert sum(bool(result.findings) for result in results) == 19


def test_an_exception_is_a_problem_of_its_file(tree, monkeypatch):
    root = tree("a.ipynb", "b.ipynb")
    real = checking.lint

    def lint(content, *, path, **options):
        if path == "a.ipynb":
            raise ZeroDivisionError
        return real(content, path=path, **options)

    monkeypatch.setattr(checking, "lint", lint)
    first, second = checked(root, ".")
    assert [each.message for each in first.problems] == ["could not be checked: ZeroDivisionError"]
    assert second.findings


def test_problems_are_items_too():
    assert checking.problem_result(Problem(path="x", kind="engine", message="m")).problems[0].kind == "engine"
