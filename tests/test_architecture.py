"""The order of ideas, held by machine: who may import whom, who may touch the world, what a rule must say."""

from __future__ import annotations

import ast
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import jupyter_mlsecops
from jupyter_mlsecops.rule import CATEGORIES, Rule
from jupyter_mlsecops.rules import all_rules

PACKAGE = Path(jupyter_mlsecops.__file__).parent
ROOT = PACKAGE.parent
MODULES = sorted(PACKAGE.rglob("*.py"))
BELOW_THE_DOORS = [path for path in MODULES if "entrypoints" not in path.parts]
RULES = list(all_rules().values())

FORBIDDEN_CALLS = {"print", "input", "breakpoint", "exit", "quit", "eval", "exec"}
FORBIDDEN_NAMES = {
    "os.environ", "os.environb", "os.getenv", "os.getcwd", "os.chdir", "os.system", "sys.argv", "sys.stdin", "sys.stdout",
    "sys.stderr", "sys.exit", "Path.cwd", "Path.home", "pickle.loads", "pickle.load", "subprocess.run", "socket.socket",
}  # fmt: skip
HEADINGS = ["What it sees", "Why it matters", "What to do", "Examples", "References"]


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.skipif(not (ROOT / "pyproject.toml").exists(), reason="the contracts are in the source tree")
def test_import_contracts():
    code = "from importlinter.cli import lint_imports; import sys; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", BELOW_THE_DOORS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_below_the_doors_touches_the_world(path: Path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in FORBIDDEN_CALLS, f"line {node.lineno}: {node.func.id}()"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert f"{node.value.id}.{node.attr}" not in FORBIDDEN_NAMES, f"line {node.lineno}"


def test_what_a_notebook_is_imports_nothing_of_ours():
    for path in (PACKAGE / "notebook").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            ours = [name for name in names if name.startswith("jupyter_mlsecops")]
            assert all(name.startswith("jupyter_mlsecops.notebook") for name in ours), f"{path.name}: {ours}"


def test_rules_do_not_import_rules():
    for path in (PACKAGE / "rules").glob("[!_]*.py"):
        assert "jupyter_mlsecops.rules" not in path.read_text("utf-8"), path.name


def test_the_public_api():
    import jupyter_mlsecops.lint  # which puts the module where the function is promised

    assert callable(jupyter_mlsecops.lint)
    for name in jupyter_mlsecops.__all__:
        assert getattr(jupyter_mlsecops, name) is not None
    with pytest.raises(AttributeError):
        _ = jupyter_mlsecops.nothing  # type: ignore[attr-defined]


def test_the_core_needs_no_extra():
    code = (
        "import sys, pkgutil, importlib\n"
        "for name in ('jupyter_server', 'bandit', 'pip_audit', 'nbqa', 'detect_secrets'): sys.modules[name] = None\n"
        "import jupyter_mlsecops as package\n"
        "for module in pkgutil.walk_packages(package.__path__, 'jupyter_mlsecops.'):\n"
        "    if 'server' not in module.name: importlib.import_module(module.name)\n"
    )
    done = run(code)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["scan", "--help"]], ids=" ".join)
def test_what_is_asked_of_the_door_itself_loads_little(arguments: list[str]):
    loaded = modules_after(arguments)
    assert not loaded & {"re2", "nbformat", "rich", "msgspec", "jupyter_mlsecops.rules", "jupyter_mlsecops.notebook"}


def test_rule_loads_no_reader_of_notebooks():
    assert not modules_after(["rule"]) & {"nbformat", "rich", "msgspec", "platformdirs", "jupyter_mlsecops.lint"}


def modules_after(arguments: list[str]) -> set[str]:
    code = (
        "import contextlib, io, sys\n"
        "from jupyter_mlsecops.entrypoints.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    main({arguments!r})\n"
        "print(*sys.modules)\n"
    )
    done = run(code)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_every_file_is_a_rule():
    files = {path.stem for path in (PACKAGE / "rules").glob("*.py")} - {"__init__"}
    assert files == {rule.id.replace("-", "_") for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
class TestRule:
    def test_file_function_and_id_are_one_name(self, rule: Rule):
        name = rule.id.replace("-", "_")
        assert rule.check.__name__ == name
        assert rule.check.__module__ == f"jupyter_mlsecops.rules.{name}"

    def test_says_what_it_is(self, rule: Rule):
        assert rule.category in CATEGORIES
        assert rule.cwe
        assert rule.triggers
        assert rule.documentation.summary.endswith(".")
        assert len(rule.documentation.summary) <= 120
        assert rule.documentation.references

    def test_documentation_has_every_heading(self, rule: Rule):
        lines = rule.documentation.markdown.splitlines()
        assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == HEADINGS

    def test_documentation_has_examples(self, rule: Rule):
        kinds = [example.kind for example in rule.documentation.examples]
        assert "bad" in kinds
        assert "good" in kinds
        assert all(before == "bad" for before, kind in pairwise(["good", *kinds]) if kind == "fixed")

    def test_a_rule_that_edits_shows_how(self, rule: Rule):
        source = Path(sys.modules[rule.check.__module__].__file__ or "").read_text("utf-8")
        if "edits=" in source:
            assert "fixed" in [example.kind for example in rule.documentation.examples]
