"""What is installed is written where it was left open, and nothing else changes."""

from __future__ import annotations

import json

import msgspec
import pytest
from editing import Editor
from notebooks import code
from test_documents import LIMITS
from tokens import make

from jupyter_mlsecops.server.protocol import LintReply
from jupyter_mlsecops.server.tasks import Lint, PinVersions
from jupyter_mlsecops.server.worker import Worker

VERSIONS = {"numpy": "2.1.0", "torch": "2.8.0+cu128", "ruamel-yaml": "0.18.6", "odd": "1!2.0rc1", "absent": None}


def pinned(source: str, versions: dict[str, str | None] = VERSIONS) -> tuple[str, list[str], str]:
    """The source after pinning, the packages that the kernel was to be asked for, and what was said."""
    worker, editor = Worker(LIMITS), Editor.of("x = 1", source)
    answer = worker.answer(Lint(body=editor.body(), root="", allow_hidden=False))
    found = [each for each in msgspec.json.decode(answer.body, type=LintReply).findings if each.pin]
    names = []
    edits = []
    message = ""
    for each in found:
        assert each.pin
        names += [package.name for package in each.pin.packages]
        reply = ask(worker, editor, each.key, versions)
        edits += reply["edits"]
        message += reply["message"]
    editor.apply(edits)
    return editor.cells["c1"]["source"], names, message


def ask(worker: Worker, editor: Editor, key: str, versions: dict, **fields) -> dict:
    request = {"session": editor.session, "revision": editor.revision, "key": key, "versions": versions} | fields
    return json.loads(worker.answer(PinVersions(body=json.dumps(request).encode())).body)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("!pip install numpy", "!pip install numpy==2.1.0"),
        ("%pip install -q numpy 'torch>=2.0'", "%pip install -q numpy==2.1.0 'torch==2.8.0+cu128'"),
        ("!pip install torch>=2.0 -q", "!pip install torch==2.8.0+cu128 -q"),
        ("!pip install Ruamel.YAML[jinja2]", "!pip install Ruamel.YAML[jinja2]==0.18.6"),
        ("!pip install 'numpy > 1 ; python_version < \"3.12\"'", "!pip install 'numpy==2.1.0 ; python_version < \"3.12\"'"),
        ("!pip install odd", "!pip install odd==1!2.0rc1"),
        ("!conda install -y conda-forge::numpy", "!conda install -y conda-forge::numpy==2.1.0"),
        ("!uv pip install numpy", "!uv pip install numpy==2.1.0"),
        ("import subprocess\nsubprocess.run(['pip', 'install', 'numpy'])", "import subprocess\nsubprocess.run(['pip', 'install', 'numpy==2.1.0'])"),
        ("%%bash\npip install \\\n  numpy \\\n  torch", "%%bash\npip install \\\n  numpy==2.1.0 \\\n  torch==2.8.0+cu128"),
        ("%%writefile requirements.txt\nnumpy>=1\ntorch  # why", "%%writefile requirements.txt\nnumpy==2.1.0\ntorch==2.8.0+cu128  # why"),
        ("!pip install numpy\n!pip install numpy", "!pip install numpy==2.1.0\n!pip install numpy==2.1.0"),
    ],
)  # fmt: skip
def test_open_versions_are_written(before: str, expected: str):
    after, names, message = pinned(before)
    assert after == expected
    assert set(names) <= set(VERSIONS)
    assert not message
    assert pinned(after)[1] == [], "what is pinned is found no more"


def test_what_is_not_installed_is_said():
    after, names, message = pinned("!pip install numpy absent unheard")
    assert after == "!pip install numpy==2.1.0 absent unheard"
    assert names == ["numpy", "absent", "unheard"]
    assert message.endswith("absent, unheard")


@pytest.mark.parametrize("version", ["1.0; rm -rf /", "$(id)", "", "1.0 --index-url x", "latest", "1.0\n!id"])
def test_only_versions_are_written(version: str):
    worker, editor = Worker(LIMITS), Editor.of("!pip install numpy")
    reply = json.loads(worker.answer(Lint(body=editor.body(), root="", allow_hidden=False)).body)
    pinned = ask(worker, editor, reply["findings"][0]["key"], {"numpy": version})
    assert pinned["edits"] == []
    assert pinned["message"].endswith("no version of it: numpy")


def test_only_the_revision_that_was_checked_is_pinned():
    worker, editor = Worker(LIMITS), Editor.of("!pip install numpy")
    reply = json.loads(worker.answer(Lint(body=editor.body(), root="", allow_hidden=False)).body)
    key = reply["findings"][0]["key"]
    assert ask(worker, editor, key, VERSIONS, revision=7)["reason"] == "unknown-revision"
    assert ask(worker, editor, key, VERSIONS, session="other")["reason"] == "unknown-revision"
    assert ask(worker, editor, "nobody", VERSIONS)["reason"] == "not-found"
    editor.cells["c0"] = code("!pip install numpy  # edited")
    worker.answer(Lint(body=editor.body(), root="", allow_hidden=False, check=False))
    assert ask(worker, editor, key, VERSIONS)["reason"] == "unknown-revision"


def test_a_package_that_is_a_secret_is_not_named():
    token = make("github")
    worker, editor = Worker(LIMITS), Editor.of(f"!pip install {token} numpy")
    body = worker.answer(Lint(body=editor.body(), root="", allow_hidden=False)).body.decode()
    assert token.lower() not in body.lower()
