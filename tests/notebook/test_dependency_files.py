"""Files of dependencies as the installs that they stand for, with the place of each requirement."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_mlsecops.notebook.file_kinds import DEPENDENCY_KINDS, file_kind
from jupyter_mlsecops.notebook.packages.dependency_files import declared_installs, read_script_metadata
from jupyter_mlsecops.notebook.packages.dockerfile import split_dockerfile
from jupyter_mlsecops.notebook.packages.toml_values import read_values


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.ipynb", "notebook"), ("A.IPYNB", "notebook"), ("", "notebook"), ("<stdin>", "notebook"),
        ("a.py", "python"), ("dir.ipynb/a.PY", "python"),
        ("requirements.txt", "requirements"), ("requirements-dev.txt", "requirements"), ("dev.requirements.txt", "requirements"),
        ("a/requirements/base.txt", "requirements"), ("requirements_gpu.txt", "requirements"), ("requirements.in", "wanted"),
        ("constraints.txt", "constraints"), ("requirements/constraints.txt", "constraints"),
        ("environment.yml", "conda"), ("conda.yaml", "conda"), ("a/environment-gpu.yml", "conda"), ("my_env.yml", "conda"),
        ("pyproject.toml", "pyproject"), ("Dockerfile", "dockerfile"), ("a/gpu.Dockerfile", "dockerfile"), ("run.sh", "shell"),
        ("a.txt", None), ("requirements.md", None), ("config.yml", None), ("my-pyproject.toml", None), ("README", None), ("a.r", None),
        ("requirements/a.csv", None), ("a.python", None), ("environment.json", None),
    ],
)  # fmt: skip
def test_kinds(name, kind):
    assert file_kind(name) == kind


def packages(kind: str, text: str) -> list[tuple[str, str, str]]:
    """(text in the file, kind, pin) of each requirement."""
    found = [one for install in declared_installs(kind, text) for one in install.requirements]
    return [(text[one.start : one.end], one.kind, one.pin) for one in found]


def options(kind: str, text: str) -> list[tuple[str, str]]:
    found = [one for install in declared_installs(kind, text) for one in install.options]
    assert all(one.value is None or "${" in text or text[one.value_start : one.value_end] == one.value for one in found)
    return [(one.name, text[one.start : one.end]) for one in found]


# -- requirements ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("torch", [("torch", "name", "none")]),
        ("  torch  ", [("torch", "name", "none")]),
        ("torch # why", [("torch", "name", "none")]),
        ("torch>=1 ; python_version < '3'", [("torch>=1", "name", "loose")]),
        ('torch[a, b] == 1.0;sys_platform=="x"', [("torch[a, b] == 1.0", "name", "exact")]),
        ("torch>=1,<2", [("torch>=1,<2", "name", "bounded")]),
        ("torch>=1 --hash=sha256:00 --hash sha256:11", [("torch>=1", "name", "hash")]),
        ("torch==1.0 \\\n    --hash=sha256:00 \\\n    # via x", [("torch==1.0", "name", "hash")]),
        ("tor\\\nch \\\n ==1.0", [("tor\\\nch \\\n ==1.0", "name", "exact")]),
        ("tor\\\r\nch", [("tor\\\r\nch", "name", "none")]),
        ("git+https://h.example/a.git@main#egg=a&subdirectory=b", [("git+https://h.example/a.git@main#egg=a&subdirectory=b", "vcs", "none")]),
        ("a @ git+https://h.example/a.git ; os_name == 'x'", [("a @ git+https://h.example/a.git", "vcs", "none")]),
        ("https://h.example/a-1.whl#sha256=" + "0" * 64, [("https://h.example/a-1.whl#sha256=" + "0" * 64, "url", "hash")]),
        ("https://h.example/a-1.whl?x=1;y", [("https://h.example/a-1.whl?x=1;y", "url", "none")]),
        ("-e git+https://h.example/a.git@v1#egg=a&x=y", [("git+https://h.example/a.git@v1#egg=a&x=y", "vcs", "none")]),
        ("--editable=.", [(".", "path", "unknown")]),
        ("-r base.txt", [("base.txt", "file", "unknown")]),
        ("-rbase.txt", [("base.txt", "file", "unknown")]),
        ("./a.whl", [("./a.whl", "path", "unknown")]),
        ("${PACKAGE}", [("${PACKAGE}", "unknown", "unknown")]),
        ("# torch", []),
        ("", []),
        ("words of prose, not packages", [("words of prose, not packages", "unknown", "unknown")]),
    ],
)  # fmt: skip
def test_requirements(line, expected):
    assert packages("requirements", line) == expected
    before, after = "numpy==1\n", "\nscipy==2\n"
    assert packages("requirements", before + line + after)[1:-1] == expected


def test_a_comment_is_never_continued():
    """What pip takes for a live line must not hide behind a backslash or an odd line end."""
    assert packages("requirements", "# note \\\nevil") == [("evil", "name", "none")]
    assert packages("requirements", "a==1 \\\n# note \\\nevil") == [("a==1", "name", "exact"), ("evil", "name", "none")]
    for end in "\v\f\x85\u2028":
        assert packages("requirements", f"# note{end}evil") == [("evil", "name", "none")]


def test_options():
    text = (
        "-i http://h.example/simple?a=1&b=2\n--extra-index-url=https://x.example/\n--trusted-host x.example:80 # why\n"
        "-f 'https://a b/'\n--index-url https://u:${TOKEN}@h.example/simple\n--no-index\n-c constraints.txt\n--pre\n"
    )
    assert options("requirements", text) == [
        ("--index-url", "-i http://h.example/simple?a=1&b=2"),
        ("--extra-index-url", "--extra-index-url=https://x.example/"),
        ("--trusted-host", "--trusted-host x.example:80"),
        ("--find-links", "-f 'https://a b/'"),
        ("--index-url", "--index-url https://u:${TOKEN}@h.example/simple"),
        ("--no-index", "--no-index"),
        ("--constraint", "-c constraints.txt"),
        ("--pre", "--pre"),
    ]


def test_required_hashes():
    assert packages("requirements", "--require-hashes\ntorch") == [("torch", "name", "hash")]


def test_what_a_file_is_for():
    verbs = {
        "requirements": "install",
        "wanted": "depend",
        "constraints": "constrain",
        "conda": "install",
        "pyproject": "depend",
    }
    assert {kind: declared_installs(kind, "")[0].verb for kind in DEPENDENCY_KINDS} == verbs


# -- conda -------------------------------------------------------------------------------------------------------------

ENVIRONMENT = """\
name: numpy
channels:
  - conda-forge   # first
  - "http://h.example/channel"
dependencies:
  - python=3.10
  - numpy >=1.2  # why
  - 'pandas'
  - conda-forge::scipy=1.11.1=py311_0
  - pip
  - pip:
    - torch
    # note
    - -r requirements.txt
    - "a @ git+https://h.example/a.git"
    - --extra-index-url https://x.example/a?b=1&c=2
  - last
variables:
  - none
prefix: /a
"""


def test_an_environment():
    conda, pip = declared_installs("conda", ENVIRONMENT)
    assert (conda.tool, pip.tool) == ("conda", "pip")
    assert packages("conda", ENVIRONMENT) == [
        ("python=3.10", "name", "bounded"),
        ("numpy >=1.2", "name", "loose"),
        ("pandas", "name", "none"),
        ("conda-forge::scipy=1.11.1=py311_0", "name", "exact"),
        ("pip", "name", "none"),
        ("last", "name", "none"),
        ("torch", "name", "none"),
        ("requirements.txt", "file", "unknown"),
        ("a @ git+https://h.example/a.git", "vcs", "none"),
    ]
    assert options("conda", ENVIRONMENT) == [
        ("--channel", "conda-forge"),
        ("--channel", "http://h.example/channel"),
        ("--requirement", "-r requirements.txt"),
        ("--extra-index-url", "--extra-index-url https://x.example/a?b=1&c=2"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "dependencies:\n- a\n- pip:\n  - b\n- c\n",
        "dependencies:\n- a\n- pip:\n    - b\n- c\nname: x",
        "dependencies: [a, {pip: [b]}, c]\n",
        "dependencies: [\n  'a', # why\n  {pip: [\"b\"]},\n  c\n]\nname: x\n",
        "dependencies:\n  [a, c,\n   pip: [b]]\n",
        "dependencies:\n  - a\n  - pip: [b]\n  - c\n",
        "dependencies:\r\n  - a\r\n  - c\r\n  - pip:\r\n      - b\r\n",
    ],
)
def test_ways_to_write_an_environment(text):
    found = {install.tool: [one.name for one in install.requirements] for install in declared_installs("conda", text)}
    assert found == {"conda": ["a", "c"], "pip": ["b"]}


def test_other_yaml_is_no_environment():
    assert packages("conda", "services:\n  - a\n  web: [b]\nversion: 3\n") == []


# -- pyproject ---------------------------------------------------------------------------------------------------------

PYPROJECT = """\
[project]
name = "x"
dependencies = [
  "torch>=2", # why
  'pkg @ git+https://h.example/a@main',
]
scripts = { a = "b" }
[project.optional-dependencies]
dev = ["pytest", "w @ https://h.example/w-1.whl"]
[build-system]
requires = ["setuptools"]
[dependency-groups]
test = ["coverage", {include-group = "dev"}]
[tool.other]
dependencies = ["nothing"]
"""

POETRY = """\
[tool.poetry.dependencies]
python = "^3.9"
numpy = "^1.2"
exact = "1.2.3"
flask = { git = "https://h.example/flask", branch = "main" }
many = [{version = "1.2", python = "<3"}, {url = "http://h.example/y.whl"}]
local = { path = "../local" }
[tool.poetry.group.dev.dependencies.sub]
git = "https://h.example/x.git"
rev = "0123456789012345678901234567890123456789"
[[tool.poetry.source]]
name = "a"
url = "http://h.example/a"
"""

UV = """\
[[tool.uv.index]]
name = "a"
url = "http://h.example/a"
[[tool.uv.index]]
url = "https://h.example/b"
default = true
[[tool.uv.index]]
url = "https://h.example/c"
explicit = true
[tool.uv]
extra-index-url = ["https://h.example/d"]
[tool.uv.sources]
torch = { git = "https://h.example/t", tag = "v1.0" }
"""


def test_a_project():
    assert packages("pyproject", PYPROJECT) == [
        ("torch>=2", "name", "loose"),
        ("pkg @ git+https://h.example/a@main", "vcs", "none"),
        ("pytest", "name", "none"),
        ("w @ https://h.example/w-1.whl", "url", "none"),
        ("setuptools", "name", "none"),
        ("coverage", "name", "none"),
    ]


def test_poetry():
    assert packages("pyproject", POETRY) == [
        ('numpy = "^1.2"', "name", "bounded"),
        ('exact = "1.2.3"', "name", "exact"),
        ("https://h.example/flask", "vcs", "none"),
        ('version = "1.2"', "name", "exact"),
        ("http://h.example/y.whl", "url", "none"),
        ("../local", "path", "unknown"),
        ("https://h.example/x.git", "vcs", "exact"),
    ]
    assert options("pyproject", POETRY) == [("--extra-index-url", "http://h.example/a")]


def test_uv():
    assert packages("pyproject", UV) == [("https://h.example/t", "vcs", "bounded")]
    assert options("pyproject", UV) == [
        ("--extra-index-url", "http://h.example/a"),
        ("--index-url", "https://h.example/b"),
        ("--find-links", "https://h.example/c"),
        ("--extra-index-url", "https://h.example/d"),
    ]


SCRIPT = """\
#!/usr/bin/env -S uv run
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "requests<3",
#   "rich==1",
# ]
# ///
import requests
"""


def test_the_metadata_of_a_script():
    (install,) = read_script_metadata(SCRIPT)
    assert install.verb == "install"
    assert [(SCRIPT[one.start : one.end], one.pin) for one in install.requirements] == [
        ("requests<3", "loose"),
        ("rich==1", "exact"),
    ]
    assert read_script_metadata("# /// script\n# x\n") == read_script_metadata("x = 1\n") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a = "x"', [(("a",), "x")]),
        ("a.b.'c d' = 'x'", [(("a", "b", "c d"), "x")]),
        ('[t]\na = "\\u00e9\\n"', [(("t", "a"), "é\n")]),
        (
            "[[t]]\na = 1\n[[t]]\na = 2\n[t.u]\nb = true",
            [(("t", 0, "a"), "1"), (("t", 1, "a"), "2"), (("t", 1, "u", "b"), "true")],
        ),
        (
            'a = ["x", ["y"], {b = "z"}] # c\nd = 1',
            [(("a", 0), "x"), (("a", 1, 0), "y"), (("a", 2, "b"), "z"), (("d",), "1")],
        ),
        ('a = """\nx "" y"""', [(("a",), 'x "" y')]),
        ("a = '''x''' ", [(("a",), "x")]),
        ("a = []\nb = {}\nc = 1", [(("c",), "1")]),
        ("? broken\na = 1", [(("a",), "1")]),
        ("a = \nb = 1", [(("b",), "1")]),
        ("[broken\na = 1", [(("a",), "1")]),
        ("a = 1979-05-27 07:32:00\nb = 1", [(("a",), "1979-05-27"), (("b",), "1")]),
        ("a = " + "[" * 1000, []),
        ("a = [1,\n2", [(("a", 0), "1"), (("a", 1), "2")]),
    ],
)
def test_toml(text, expected):
    found = list(read_values(text))
    assert [(one.path, one.text) for one in found] == expected
    assert all(text[one.start : one.end] == one.text for one in found if "\\" not in text)


# -- hostile input -----------------------------------------------------------------------------------------------------

TOKENS = [
    "[",
    "]",
    "{",
    "}",
    "'",
    '"',
    '"""',
    "=",
    ".",
    ",",
    ":",
    "#",
    "-",
    "- ",
    "\\",
    "\n",
    "\r\n",
    " ",
    "a",
    "pip",
    "pip:",
    "dependencies:\n",
]
TOKENS += [
    "[project]\n",
    "dependencies = [",
    "git+https://h/a",
    "-r ",
    "--hash=",
    ";",
    "@",
    "==1",
    "channels:",
    "- pip:\n",
    "  ",
    "\u2028",
    "é",
]
TOKENS += ["[[tool.uv.index]]\n", "url = ", "[tool.poetry.dependencies]\n", "# /// script\n", "# ///\n"]


@given(st.lists(st.sampled_from(TOKENS), max_size=40).map("".join))
@settings(max_examples=400, deadline=None)
def test_any_text_can_be_read(text):
    for install in (
        *(each for kind in DEPENDENCY_KINDS for each in declared_installs(kind, text)),
        *read_script_metadata(text),
    ):
        for one in (*install.requirements, *install.options):
            assert 0 <= one.start <= one.end <= len(text)


@pytest.mark.parametrize("kind", ["requirements", "conda", "pyproject"])
@pytest.mark.parametrize("unit", ["a\\\n", "a" * 50 + " ", "- [a, {\n", "\\", "[" * 20 + "\n", 'k = "', "a.", "# /// script\n", "  - pip:\n", " ", "'\"", "x = '''\n", '\\"""\n', "- a: \n"])  # fmt: skip
def test_cost_is_linear(kind, unit):
    head = {"conda": "dependencies:\n", "pyproject": "[project]\ndependencies = ["}.get(kind, "")

    def cost(count: int) -> float:
        text = head + unit * count
        start = time.process_time()
        declared_installs(kind, text)
        read_script_metadata(text)
        return time.process_time() - start

    cost(100)
    small, large = min(cost(500) for _ in range(3)), min(cost(8_000) for _ in range(2))
    assert large < 16 * 8 * max(small, 0.002)


@pytest.mark.parametrize(
    ("text", "scripts"),
    [
        ("FROM x\nRUN a\nrun --mount=type=cache b \\\n  c\nCMD d\n", ["a", "b \\\n  c"]),
        ("RUN <<EOF\na\nRUN b\nEOF\nRUN c\n", ["a\nRUN b\n", "c"]),
        ("RUN <<-'E'\n\ta\n\tE\n", ["\ta\n"]),
        ("RUN <<EOF\na\n", []),
        ("RUN cat <<EOF > x\n", ["cat <<EOF > x"]),
    ],
)
def test_scripts_in_a_dockerfile(text, scripts):
    layout = split_dockerfile(text)
    assert [shell.text.lstrip("\n") for shell in layout.shells] == scripts
    assert all(text[shell.start : shell.end] == shell.text for shell in layout.shells)
