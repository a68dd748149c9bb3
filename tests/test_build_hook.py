"""The hook that decides whether the JupyterLab extension is built."""

import importlib.util
import json
import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyter_mlsecops import __version__

ROOT = Path(__file__).parents[1]

pytest.importorskip("hatchling", reason="the build tool is needed to look at its hook")


@pytest.fixture
def hook_module():
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def build(hook_module, tmp_path, monkeypatch):
    """Run the hook in an empty project; gives whether the UI is skipped, what is shipped, and the warnings."""
    monkeypatch.delenv("PRE_COMMIT", raising=False)
    monkeypatch.setenv(hook_module.SKIP, "")

    def run(*, version="standard", target="wheel", is_built=False, node_problem="", **environment):
        monkeypatch.setattr(hook_module, "node_problem", lambda: node_problem)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        if is_built:
            built = tmp_path / "jupyter_mlsecops/labextension/static/style.js"
            built.parent.mkdir(parents=True)
            built.touch()
        warnings = []
        app = SimpleNamespace(display_warning=warnings.append)
        hook = hook_module.LabExtensionHook(str(tmp_path), {}, None, None, str(tmp_path), target, app)
        data = {"shared_data": {}}
        hook.initialize(version, data)
        return SimpleNamespace(
            skips=bool(os.environ.get(hook_module.SKIP)), ships=list(data["shared_data"]), warnings=warnings
        )

    return run


def test_with_node_it_is_built(build):
    result = build()
    assert not result.skips
    assert result.ships == ["install.json"]


@pytest.mark.parametrize("version", ["standard", "editable"])
@pytest.mark.parametrize("node_problem", ["", "no node"])
def test_under_pre_commit_it_is_never_built(build, version, node_problem):
    result = build(version=version, node_problem=node_problem, PRE_COMMIT="1")
    assert result.skips
    assert result.ships == []


@pytest.mark.parametrize("version", ["standard", "editable"])
@pytest.mark.parametrize("target", ["wheel", "sdist"])
def test_without_node_it_says_what_to_do(build, version, target):
    with pytest.raises(RuntimeError, match=r"(?s)no node.*install Node\.js.*SKIP_JUPYTER_BUILDER=1 pip install"):
        build(version=version, target=target, node_problem="no node")


def test_without_node_a_wheel_is_made_of_what_is_built(build):
    assert build(is_built=True, node_problem="no node").ships == ["install.json"]


def test_without_node_an_editable_install_keeps_what_is_built(build):
    result = build(version="editable", is_built=True, node_problem="no node")
    assert result.skips
    assert result.warnings == ["no node: the JupyterLab extension stays as it was built before."]


def test_skipped_on_demand(build):
    result = build(node_problem="no node", SKIP_JUPYTER_BUILDER="1")
    assert result.skips
    assert result.ships == []


def test_other_targets_are_left_alone(build):
    assert build(target="custom", node_problem="no node").ships == []


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("v20.19.0", ""),
        ("v22.1.0", ""),
        ("v20.18.9", "is v20.18.9"),
        ("v9.99.0", "is v9.99.0"),
        ("", "none that answers"),
    ],
)
def test_node_has_to_be_new_enough(hook_module, monkeypatch, tmp_path, said, problem):
    for name in ("node", "npm"):
        tool = tmp_path / name
        tool.write_text(f"#!/bin/sh\necho {said}\n")
        tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert hook_module.node_problem().endswith(problem)
    assert bool(hook_module.node_problem()) == bool(problem)


@pytest.mark.parametrize("missing", ["node", "npm"])
def test_node_and_npm_have_to_be_there(hook_module, monkeypatch, tmp_path, missing):
    tool = tmp_path / ("npm" if missing == "node" else "node")
    tool.touch()
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert f"{missing} is not on the PATH" in hook_module.node_problem()


def test_both_halves_have_one_version():
    assert json.loads((ROOT / "labextension/package.json").read_text())["version"] == __version__


def test_the_lock_file_leads_nowhere_but_to_sponsors():
    lock = (ROOT / "labextension/package-lock.json").read_text()
    assert '"resolved"' not in lock
    hosts = set(re.findall(r"https?://([^/\"]+)", lock))
    sponsors = {"eslint.org", "feross.org", "github.com", "opencollective.com", "tidelift.com", "www.patreon.com"}
    assert hosts <= sponsors
