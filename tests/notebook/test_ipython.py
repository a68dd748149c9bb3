from __future__ import annotations

import ast
import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jupyter_mlsecops.notebook.ipython.layout import Layout, _split_python, split

LINE_BREAK = re.compile(r"\r\n|\r|\n")


def shells(source: str, language: str = "python") -> list[str]:
    return [shell.text for shell in checked(source, language).shells]


def magics(source: str) -> list[tuple[str, str]]:
    return [(magic.name, magic.arguments) for magic in checked(source).magics]


def checked(source: str, language: str = "python") -> Layout:
    """The layout, after what must hold of every one."""
    layout = split(source, language=language)
    assert len(layout.python) == len(source)
    assert LINE_BREAK.findall(layout.python) == LINE_BREAK.findall(source)
    for shell in layout.shells:
        assert shell.text == source[shell.start : shell.end]
    for magic in layout.magics:
        assert 0 <= magic.start <= magic.arguments_start <= magic.end <= len(source)
        assert source.startswith(magic.arguments, magic.arguments_start)
        assert magic.is_cell is (magic.body_start >= 0)
    if layout.body != "python":
        assert not layout.python.strip()
    return layout


def parsed(source: str) -> list[str]:
    """The statements that are left, as Python writes them."""
    return [ast.unparse(statement) for statement in ast.parse(checked(source).python).body]


# -- shell lines ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("!pip install x", ["pip install x"]),
        ("!!pip install x", ["pip install x"]),
        ("! pip install x  ", ["pip install x  "]),
        ("x = !ls", ["ls"]),
        ("a, b = ! ls", ["ls"]),
        ("d['k'] = !ls", ["ls"]),
        ("o.k =!ls", ["ls"]),
        ("x = %sx ls", ["ls"]),
        ("%sx ls", ["ls"]),
        ("%system ls", ["ls"]),
        ("%time !ls", ["ls"]),
        ("%time %sx ls", ["ls"]),
        ("%pip install x", ["pip install x"]),
        ("%pip3 install x", ["pip3 install x"]),
        ("% pip install x", ["pip install x"]),
        ("%conda install x", ["conda install x"]),
        ("%uv add x", ["uv add x"]),
        ("%rm -rf x", ["rm -rf x"]),
        ("%cd x", []),
        ("if a:\n    !ls\nelse:\n\t%pip install x", ["ls", "pip install x"]),
        ("!a \\\n  b \\\n  c\n!d", ["a \\\n  b \\\n  c", "d"]),
        ("!a\r\n!b\r!c\n", ["a", "b", "c"]),
        ("!", []),
        ("!\n!!\n%sx", []),
        ("# !pip install x", []),
        ("x = 1  # !pip install x", []),
        ("'''\n!pip install x\n'''", []),
        ('x = f"""\n%pip install x\n"""', []),
        ("f(\n!ls\n)", []),
        ("x = 5 \\\n% y", []),
        ("x = (5\n  % y)", []),
        ("print('a=%s' % x)", []),
        ("x = '=!a'", []),
        ("x != y", []),
        ('print("!")\n', []),
    ],
)
def test_shell_lines(source: str, texts: list[str]) -> None:
    assert shells(source) == texts


@pytest.mark.parametrize(
    ("source", "statements"),
    [
        ("!ls", ["0"]),
        ("x = !ls", ["x = _"]),
        ("a, b = %sx ls", ["a, b = _"]),
        ("if a:\n    !ls\nelse:\n    %pip install x", ["if a:\n    0\nelse:\n    0"]),
        ("!a \\\n  b\nx = 1", ["0", "x = 1"]),
        ("%time f(x)", ["if 1:\n    f(x)"]),
        ("%time y = f(\n  x)", ["if 1:\n    y = f(x)"]),
        ("%timeit -n1 -r 3 -o f(x)", ["if 1:\n    f(x)"]),
        ("r = %timeit -o f(x)", ["r = f(x)"]),
        ("if a:\n  %prun -l 5 f(x)", ["if a:\n    if 1:\n        f(x)"]),
        ("%memit f(x)", ["if 1:\n    f(x)"]),
        ("%time", ["0"]),
        ("%time for i in x: f(i)", ["0"]),
        ("%time %time f(x)", ["if 1:\n    f(x)"]),
        ("%matplotlib inline\nimport a", ["0", "import a"]),
        ("a.b?", ["0"]),
        ("?a", ["0"]),
        ("a??  # why", ["0"]),
        ("x = 'why?'", ["x = 'why?'"]),
        ("x = 1  # why?", ["x = 1"]),
        ("/f a b", ["0"]),
        (",f a b", ["0"]),
        ("%%time\nx = !ls\n%%capture\ny = 1", ["x = _", "0", "y = 1"]),
        ("%%timeit -n 1 x = 1\nf(x)", ["if 1:\n    x = 1", "f(x)"]),
    ],
)
def test_what_is_left_is_python(source: str, statements: list[str]) -> None:
    assert parsed(source) == statements


def test_positions_do_not_move() -> None:
    source = "import a\nx = !ls {y}\n%time f(x)\nz = 1"
    tree = ast.parse(checked(source).python)
    names = {(node.id, node.lineno, node.col_offset) for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert {("x", 2, 0), ("f", 3, 6), ("x", 3, 8), ("z", 4, 0)} <= names


# -- magics -----------------------------------------------------------------------------------------------------------


def test_line_magics() -> None:
    source = "%env A=1\n%run -i a.py \\\n  b\nx = %cd y\n%load_ext a\n%time %run c.py"
    assert magics(source) == [
        ("env", "A=1"), ("run", "-i a.py \\\n  b"), ("cd", "y"), ("load_ext", "a"), ("time", "%run c.py"), ("run", "c.py"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "body"),
    [
        ("%%bash", "shell"), ("%%sh", "shell"), ("%%!", "shell"), ("%%sx", "shell"), ("%%system", "shell"), ("%%shell", "shell"),
        ("%%script bash", "shell"), ("%%script --bg --out x /bin/zsh -e", "shell"), ("%%bash --no-raise-error", "shell"),
        ("%sh", "shell"), ("%%writefile a.py", "file"), ("%%writefile -a a.py", "file"), ("%%file a.py", "file"),
        ("%%html", "text"), ("%%javascript", "text"), ("%%js", "text"), ("%%sql", "text"), ("%%bigquery df", "text"),
        ("%%R -i x", "text"), ("%%latex", "text"), ("%%markdown", "text"), ("%%svg", "text"), ("%%script perl", "text"),
        ("%md", "text"), ("%%script false", "disabled"), ("%%script echo off", "disabled"), ("%%skip", "disabled"),
        ("%%script --no-raise-error false", "disabled"), ("%%script python3", "python"), ("%%time", "python"),
        ("%%capture out", "python"), ("%%unheard_of x", "python"), ("\n# comment\n\n%%bash", "shell"), ("  %%bash", "shell"),
    ],
)  # fmt: skip
def test_bodies(first: str, body: str) -> None:
    layout = checked(f"{first}\nf(x)\n")
    assert layout.body == body
    assert ("f(x)" in layout.python) is (body == "python")
    assert [shell.text for shell in layout.shells] == (["f(x)\n"] if body == "shell" else [])


def test_the_dialect_of_a_cell() -> None:
    assert [shell.dialect for shell in split("%%bash\nls").shells] == ["script"]
    assert [shell.dialect for shell in split("%%!\nls").shells] == ["ipython"]
    assert [shell.dialect for shell in split("!ls").shells] == ["ipython"]


def test_a_cell_magic_has_a_body() -> None:
    source = "%%writefile -a a.py\nimport b\n"
    (magic,) = checked(source).magics
    assert (magic.name, magic.arguments, magic.is_cell) == ("writefile", "-a a.py", True)
    assert source[magic.body_start :] == "import b\n"
    assert source[magic.start : magic.end] == "%%writefile -a a.py"


def test_an_unknown_cell_magic_is_judged_by_its_body() -> None:
    assert checked("%%foo\n!ls\nx = 1").body == "python"
    assert checked("%%foo\nselect * from x").body == "text"
    assert checked("%sql\nselect * from x").body == "text"
    assert checked("%sql\nx = 1").body == "python"


def test_cell_magics_stand_one_behind_the_other() -> None:
    layout = checked("%%time\n%%bash\npip install x")
    assert [magic.name for magic in layout.magics] == ["time", "bash"]
    assert [shell.text for shell in layout.shells] == ["pip install x"]
    assert layout.body == "shell"


def test_a_cell_magic_in_the_middle_is_a_broken_line() -> None:
    layout = checked("x = 1\n%%bash\ny = 2")
    assert layout.body == "python"
    assert parsed("x = 1\n%%bash\ny = 2") == ["x = 1", "0", "y = 2"]


def test_help_on_a_cell_magic_is_no_cell_magic() -> None:
    assert checked("%%bash?\nx = 1").body == "python"


# -- automagic --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("pip install x", ["pip install x"]),
        ("# first\npip -q install x\nimport x", ["pip -q install x"]),
        ("conda install x", ["conda install x"]),
        ("uv pip install x", ["uv pip install x"]),
        ("ls -la data", ["ls -la data"]),
        ("import a\nls data", []),
        ("pip = 3", []),
        ("pip in x", []),
        ("pip if x else y", []),
        ("pip -x", []),
        ("pip(install)", []),
        ("text = '''\npip install x\n'''", []),
    ],
)
def test_automagic(source: str, texts: list[str]) -> None:
    assert shells(source) == texts


def test_other_automagics_in_a_cell_of_one_line() -> None:
    assert magics("run a.py") == [("run", "a.py")]
    assert magics("cd ..") == [("cd", "..")]
    assert magics("env = 1") == []
    assert magics("time.sleep(1)") == []


# -- cells that are not finished, and other languages -----------------------------------------------------------------


@pytest.mark.parametrize("start", ["f(", "x = [1,\n2", '"""', "if (a:", "x = '''a\n'b'", "foo(a, '"])
def test_an_unfinished_cell_hides_no_shell_line(start: str) -> None:
    assert shells(f"{start}\n!pip install x\n  %pip install y\n")[-2:] == ["pip install x", "pip install y"]


def test_an_unfinished_cell_keeps_what_stands_before() -> None:
    assert checked("import a\n!ls\nf(").python.startswith("import a\n0  \nf(")


def test_prompts_are_blanked() -> None:
    source = ">>> import a\n>>> !ls\n>>> if a:\n...     b\n"
    layout = checked(source)
    assert [shell.text for shell in layout.shells] == ["ls"]
    assert ">>>" not in layout.python
    assert "..." not in layout.python


@pytest.mark.parametrize("language", ["R", "julia", "scala"])
def test_other_kernels(language: str) -> None:
    layout = checked("x <- 1\n!pip install a\n%pip install b\ny %>% z\n", language)
    assert [shell.text for shell in layout.shells] == ["pip install a", "pip install b"]
    assert layout.body == "text"
    assert checked("%%bash\nls", language).body == "shell"


@pytest.mark.parametrize("language", ["bash", "sh", "zsh", "Shell"])
def test_shell_kernels(language: str) -> None:
    layout = checked("pip install a\nls", language)
    assert [(shell.text, shell.dialect) for shell in layout.shells] == [("pip install a\nls", "script")]
    assert layout.body == "shell"


@pytest.mark.parametrize("language", ["python", "Python", "python3", "ipython", ""])
def test_python_kernels(language: str) -> None:
    assert split("x = 1", language=language).body == "python"


# -- properties -------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    ["!", "!!", "%", "%%", "%time ", "%%time\n", "%%bash\n", "%pip ", "?", "x", " = ", "\n", "\r\n", "\r", "\\\n", "    ",
     "'", '"', "'''", '"""', "(", ")", "[", "#", ">>> ", "if 1:", "pip install ", "\\", "\0", "é", "\u2028", "\f", "-n 1 "],
)  # fmt: skip
SOURCES = st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=40)


@given(SOURCES, st.sampled_from(["python", "R", "bash"]))
@example(">>> !a\\\n... b", "python")
@example("%%time\n" * 3 + "%time " * 9, "python")
def test_any_text_can_be_split(source: str, language: str) -> None:
    checked(source, language)


@given(SOURCES)
def test_what_is_skipped_holds_nothing(source: str) -> None:
    if not source.lstrip().startswith((">>>", "In [")):
        assert split(source) == _split_python(source)


@given(
    st.lists(
        st.sampled_from(["x = 1", "!ls", "%time f(x)", "y = !ls", "%pip install x", "a?", "if x:\n    !ls"]), max_size=8
    )
)
def test_python_stays_python(lines: list[str]) -> None:
    ast.parse(checked("\n".join(lines)).python)


@pytest.mark.parametrize(
    "source",
    ["!ls\n" * 40_000, "'" * 40_000, "'''\n" * 40_000, "(\n!ls\n" * 20_000, "%time f(\n" * 20_000, "%time " * 40_000,
     "%%time\n" * 20_000, "!a \\\n" * 40_000, "a," * 40_000 + "= !ls", "%%x\n" * 20_000, " " * 400_000, "\n" * 100_000,
     "%timeit " + "-n 1 " * 40_000, "a?\n" * 40_000, "x=" * 40_000, "# a\n" * 40_000],
)  # fmt: skip
def test_hostile_text_takes_linear_time(source: str) -> None:
    started = time.process_time()
    split(source)
    assert time.process_time() - started < 5
