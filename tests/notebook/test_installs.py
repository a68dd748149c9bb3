from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_mlsecops.notebook.file_kinds import file_kind
from jupyter_mlsecops.notebook.packages.dockerfile import split_dockerfile
from jupyter_mlsecops.notebook.packages.installs import Install, read_install
from jupyter_mlsecops.notebook.packages.requirements import normalise, read_conda_spec, read_requirement
from jupyter_mlsecops.notebook.packages.requirements_file import read_requirements_file
from jupyter_mlsecops.notebook.packages.swallowed import swallowed_specifiers
from jupyter_mlsecops.notebook.shell.commands import HOLE, flatten, parse

COMMIT = "0123456789abcdef" * 2 + "01234567"
HASH = "0123456789abcdef" * 4


def installs(text: str, **values: str) -> list[Install]:
    commands = flatten(parse(text, dialect="ipython", fill=lambda _, name: values.get(name)))
    return [install for command in commands if (install := read_install(command))]


def requirements(text: str, **values: str) -> list[tuple[str, str, str]]:
    return [
        (one.name or one.text, one.kind, one.pin)
        for install in installs(text, **values)
        for one in install.requirements
    ]


def names(text: str, **values: str) -> list[str]:
    return [name for name, _, _ in requirements(text, **values)]


# -- requirements -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "kind", "pin"),
    [
        ("torch", "torch", "name", "none"),
        ("Google.Cloud_AIPlatform[a,b]", "google-cloud-aiplatform", "name", "none"),
        ("torch==2.0", "torch", "name", "exact"),
        ("torch===2.0", "torch", "name", "exact"),
        ("torch == 2.0+cu118", "torch", "name", "exact"),
        ("torch[x]==2.0; python_version<'3'", "torch", "name", "exact"),
        ("torch==2.*", "torch", "name", "bounded"),
        ("torch~=2.0", "torch", "name", "bounded"),
        ("torch>=2,<3", "torch", "name", "bounded"),
        ("torch (>=2,<3)", "torch", "name", "bounded"),
        ("torch>=2", "torch", "name", "loose"),
        ("torch<2", "torch", "name", "loose"),
        ("torch!=2", "torch", "name", "loose"),
        ("torch>=2,!=2.1", "torch", "name", "loose"),
        (f"torch=={HOLE}", "torch", "name", "unknown"),
        (f"torch>={HOLE}", "torch", "name", "loose"),
        (f"torch{HOLE}", "torch", "name", "unknown"),
        (HOLE, "", "unknown", "unknown"),
        (f"{HOLE}==1", "", "unknown", "unknown"),
        (f"{HOLE}/a.whl", "", "unknown", "unknown"),
        ("", "", "unknown", "unknown"),
        ("=", "", "unknown", "unknown"),
        (".", "", "path", "unknown"),
        (".[dev]", "", "path", "unknown"),
        ("./a", "", "path", "unknown"),
        ("~/a", "", "path", "unknown"),
        ("a/b", "", "path", "unknown"),
        ("a-1.0-py3-none-any.whl", "", "path", "unknown"),
        ("a-1.0.tar.gz", "", "path", "unknown"),
        ("file:///a.whl", "", "path", "unknown"),
        ("https://host/a.whl", "", "url", "none"),
        (f"https://host/a.whl#sha256={HASH}", "", "url", "hash"),
        (f"https://host/packages/ab/cd/{HASH[:60]}/a.whl", "", "url", "hash"),
        (f"a @ https://host/a.whl#sha256={HASH}", "a", "url", "hash"),
        ("git+https://host/a", "", "vcs", "none"),
        ("git+https://user@host/a", "", "vcs", "none"),
        ("git+ssh://git@host/a.git@main#egg=A_b", "a-b", "vcs", "none"),
        (f"git+https://host/a@{COMMIT}", "", "vcs", "exact"),
        (f"git+https://host/a@{COMMIT}#subdirectory=b", "", "vcs", "exact"),
        ("git+https://host/a@0123abc", "", "vcs", "none"),
        ("git+https://host/a@refs/pull/1/head", "", "vcs", "none"),
        ("git+https://host/a@v1.2.3", "", "vcs", "bounded"),
        (f"git+https://host/a@{HOLE}", "", "vcs", "unknown"),
        (f"pkg@git+https://host/a@{COMMIT}", "pkg", "vcs", "exact"),
        ("a@^1.0", "a", "name", "bounded"),
        ("a@1.0", "a", "name", "exact"),
        ("a@latest", "a", "name", "none"),
    ],
)
def test_a_requirement(text: str, name: str, kind: str, pin: str) -> None:
    found = read_requirement(text)
    assert (found.name, found.kind, found.pin) == (name, kind, pin)


@pytest.mark.parametrize(
    ("text", "name", "pin"),
    [
        ("numpy", "numpy", "none"),
        ("numpy=1.2", "numpy", "bounded"),
        ("numpy==1.2.3", "numpy", "exact"),
        ("numpy=1.2.3=py38_0", "numpy", "exact"),
        ("numpy=1.2=*", "numpy", "bounded"),
        ("numpy>=1.2", "numpy", "loose"),
        ("numpy>=1.2,<2", "numpy", "bounded"),
        ("conda-forge::numpy=1", "numpy", "bounded"),
        ("numpy 1.2.*", "numpy", "bounded"),
        ("numpy[version='>=1,<2']", "numpy", "bounded"),
        (f"numpy[md5={HASH[:32]}]", "numpy", "hash"),
        ("_libgcc_mutex", "-libgcc-mutex", "none"),
        (f"numpy={HOLE}", "numpy", "unknown"),
        (HOLE, "", "unknown"),
    ],
)
def test_a_conda_package(text: str, name: str, pin: str) -> None:
    found = read_conda_spec(text)
    assert (found.name, found.pin) == (name, pin)


def test_normalise() -> None:
    assert normalise("A.b_-C") == "a-b-c"


# -- commands ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pip install a b==1", ["a", "b"]),
        ("pip -q --timeout 5 install a", ["a"]),
        ("pip install -qU --upgrade-strategy eager a", ["a"]),
        ("pip install -t dir -c c.txt --index-url=u -i u2 -f l --proxy '' a", ["a"]),
        ("pip install --extra-index u a", ["a"]),
        ("pip install --q -quiet -q! a", ["a"]),
        ("pip install -- -a b", ["-a", "b"]),
        ("pip install pip", ["pip"]),
        ("pip download a -d dir", ["a"]),
        ("pip wheel a -w dir", ["a"]),
        ("pip install {flag} $flag a", [HOLE, HOLE, "a"]),
        ("yes | sudo -H pip3 install a", ["a"]),
        ("time pip install a 2>&1 | tail -1", ["a"]),
        ("uv pip install --system -p 3.11 a", ["a"]),
        ("uv --quiet add --dev a --tag v1 b", ["a", "b"]),
        ("uv run --with a,b[c,d]==1 --with 'e>=1,<2' -p 3.11 script.py --with f", ["a", "b", "e"]),
        ("uv tool install a --with b", ["a", "b"]),
        ("uv tool run --from a b", ["a"]),
        ("uvx a@1 b", ["a"]),
        ("conda install -y -c conda-forge -n env a b=1", ["a", "b"]),
        ("conda create -n env python=3.8", ["python"]),
        ("mamba install a", ["a"]),
        ("micromamba install -r root -f env.yml a", ["env.yml", "a"]),
        ("conda env create -f env.yml -n env", ["env.yml"]),
        ("poetry add a@^1 -G dev b", ["a", "b"]),
        ("pdm add -G dev a", ["a"]),
        ("pipenv install -e . a", [".", "a"]),
        ("pipx run --spec a b", ["a"]),
        ("pipx inject env a", ["a"]),
        ("easy_install -i u a", ["a"]),
    ],
)
def test_what_is_installed(text: str, found: list[str]) -> None:
    assert names(text) == found


@pytest.mark.parametrize(
    "text",
    ["pip uninstall a", "pip show a", "pip list", "pip freeze > a", "pip", "pip --version", "pip config set a b", "uv sync",
     "uv run script.py", "uv pip list", "uv", "conda list", "conda activate a", "conda env list", "poetry install", "npm install a",
     "apt install a", "echo pip install a", "python script.py install a", "pip {verb} a", "{pip} install a"],
)  # fmt: skip
def test_what_installs_nothing(text: str) -> None:
    assert installs(text) == []


def test_files_and_editables() -> None:
    assert requirements("pip install -r a.txt -rb.txt --requirement=c.txt -e . -e git+https://host/a#egg=b") == [
        ("a.txt", "file", "unknown"), ("b.txt", "file", "unknown"), ("c.txt", "file", "unknown"),
        (".", "path", "unknown"), ("b", "vcs", "none"),
    ]  # fmt: skip
    assert requirements("uv pip sync a.txt") == [("a.txt", "file", "unknown")]


def test_hashes_are_required() -> None:
    assert requirements("pip install --require-hashes a==1 -r b.txt") == [
        ("b.txt", "file", "unknown") if name == "b.txt" else ("a", "name", "hash") for name in ("a", "b.txt")
    ]


def test_spans_leave_quotes_out() -> None:
    text = "pip install -q 'torch[a]>=2' \"numpy\" 'x'=='1'"
    (install,) = installs(text)
    assert [text[one.start : one.end] for one in install.requirements] == ["torch[a]>=2", "numpy", "x'=='1"]


def test_options() -> None:
    text = "pip install -qU -i 'http://a' --extra-index-url=http://b -fhttp://c --trusted-host d e"
    (install,) = installs(text)
    assert [(one.name, one.value) for one in install.options] == [
        ("--quiet", None), ("--upgrade", None), ("--index-url", "http://a"), ("--extra-index-url", "http://b"),
        ("--find-links", "http://c"), ("--trusted-host", "d"),
    ]  # fmt: skip
    assert [text[one.start : one.end] for one in install.options[2:]] == [
        "-i 'http://a'", "--extra-index-url=http://b", "-fhttp://c", "--trusted-host d",
    ]  # fmt: skip
    assert [text[one.value_start : one.value_end] for one in install.options[2:]] == [
        "http://a",
        "http://b",
        "http://c",
        "d",
    ]
    assert install.option("--index-url", "--pypi-url") is install.options[2]
    assert install.option("--user") is None


def test_the_tool_and_its_verb() -> None:
    assert [(one.tool, one.verb) for one in installs("uvx a; conda env create -f b; pip download c")] == [
        ("uv", "run"), ("conda", "env create"), ("pip", "download"),
    ]  # fmt: skip


def test_known_values() -> None:
    assert requirements("pip install {PKGS} x==$V", PKGS="a b==1", V="2") == [
        ("a", "name", "none"), ("b", "name", "exact"), ("x", "name", "exact"),
    ]  # fmt: skip


@given(
    st.text(alphabet="ab1-=,[]@ ./:+#~<>'\"{}\0\n", max_size=40),
    st.sampled_from(["pip install ", "uv run --with ", "conda install "]),
)
def test_any_command_can_be_read(text: str, program: str) -> None:
    text = program + text
    for install in installs(text):
        for one in install.requirements:
            assert 0 <= one.start <= one.end <= len(text)
        for option in install.options:
            assert 0 <= option.start <= option.end <= len(text)
        for swallowed in swallowed_specifiers(install):
            assert 0 <= swallowed.start < swallowed.end <= len(text)


# -- specifiers that the shell takes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("pip install torch>=2.0 numpy", ["torch>=2.0"]),
        ("pip install torch>=2.0,<3 numpy<2", ["torch>=2.0,<3", "numpy<2"]),
        ("pip install a<3,!=2.5,>=1 b", ["a<3,!=2.5,>=1"]),
        ("pip install torch >=2.0 x", ["torch >=2.0"]),
        ("pip install torch >= 2.0 x", ["torch >= 2.0"]),
        ("pip install torch >= 2.0, < 3 x", ["torch >= 2.0, < 3"]),
        ("pip install torch <3", ["torch <3"]),
        ("pip install torch>2.0a1", ["torch>2.0a1"]),
        ("pip install torch>=$V", ["torch>=$V"]),
        ("pip install 'torch'>=2", ["'torch'>=2"]),
        ("pip install a[b,c]>=1.144", ["a[b,c]>=1.144"]),
        ("pip install torch>2.0 > log.txt", ["torch>2.0"]),
        ("conda install numpy>1.11", ["numpy>1.11"]),
        ("pip install torch > log.txt", []),
        ("pip install torch>log", []),
        ("pip install torch > 1", []),
        ("pip install torch 2>&1", []),
        ("pip install torch 2>1", []),
        ("pip install torch &>/dev/null", []),
        ("pip install torch >>2.0", []),
        ("pip install torch > out 2.0", []),
        ("pip install torch < /dev/null", []),
        ("pip install torch>{log}", []),
        ("pip install -r a.txt>=2", []),
        ("pip install 'torch>=2.0' \"numpy<2\"", []),
        ("pip install -q>=2.0", []),
    ],
)
def test_swallowed_specifiers(text: str, spans: list[str]) -> None:
    found = [one for install in installs(text) for one in swallowed_specifiers(install)]
    assert [text[one.start : one.end] for one in found] == spans


# -- requirements files -----------------------------------------------------------------------------------------------

FILE = """# a comment
torch
numpy==1.2  # why
pandas>=1,<2 ; python_version<"3"
  scipy >= 1 \\
   --hash=sha256:abc
-r other.txt
--extra-index-url https://host/simple
-e git+https://host/a@main#egg=foo
a @ git+https://host/x@v1.0
https://host/x.whl#sha256=00000000000000000000000000000000
"""


def test_a_requirements_file() -> None:
    install = read_requirements_file(FILE)
    assert [(FILE[one.start : one.end], one.kind, one.pin) for one in install.requirements] == [
        ("torch", "name", "none"), ("numpy==1.2", "name", "exact"), ("pandas>=1,<2", "name", "bounded"),
        ("scipy >= 1", "name", "hash"), ("other.txt", "file", "unknown"), ("git+https://host/a@main#egg=foo", "vcs", "none"),
        ("a @ git+https://host/x@v1.0", "vcs", "bounded"),
        ("https://host/x.whl#sha256=00000000000000000000000000000000", "url", "hash"),
    ]  # fmt: skip
    option = install.option("--extra-index-url")
    assert option is not None
    assert FILE[option.value_start : option.value_end] == "https://host/simple"


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("requirements.txt", True), ("a/dev-requirements.in", True), ("requirements/base.txt", True), ("requirements-gpu.txt", True),
     ("notes.txt", False), ("requirements.py", False), ("requirements.md", False)],
)  # fmt: skip
def test_the_name_of_a_requirements_file(name: str, is_one: bool) -> None:
    assert (file_kind(name) in ("requirements", "wanted")) is is_one


@given(st.text(alphabet="ab1-=#;\\\n\r @./>'\"", max_size=60))
def test_any_requirements_file_can_be_read(text: str) -> None:
    for one in read_requirements_file(text).requirements:
        assert 0 <= one.start <= one.end <= len(text)


# -- Dockerfiles ------------------------------------------------------------------------------------------------------


def test_a_dockerfile() -> None:
    text = (
        "FROM python:3.12\n# RUN pip install a\nRUN --mount=type=cache,target=/x pip install b \\\n  # why\n  && pip install c\n"
        "run pip3 install d\nCOPY . .\nENTRYPOINT pip install e\n"
    )
    layout = split_dockerfile(text)
    assert len(layout.python) == len(text)
    assert all(shell.text == text[shell.start : shell.end] for shell in layout.shells)
    commands = [command for shell in layout.shells for command in flatten(parse(shell.text, dialect=shell.dialect))]
    found = [read_install(command) for command in commands]
    assert [one.name for install in found if install for one in install.requirements] == ["b", "c", "d"]


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("Dockerfile", True), ("app/Dockerfile", True), ("gpu.Dockerfile", True), ("Dockerfile.gpu", True), ("Dockerfiles/a.txt", False)],
)  # fmt: skip
def test_the_name_of_a_dockerfile(name: str, is_one: bool) -> None:
    assert (file_kind(name) == "dockerfile") is is_one
