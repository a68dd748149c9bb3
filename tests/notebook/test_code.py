from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notebooks import bare_notebook

from jupyter_mlsecops.notebook.code import Call, Code
from jupyter_mlsecops.notebook.model import Notebook
from jupyter_mlsecops.notebook.python.unknown import UNKNOWN


def codes(*cells: str) -> tuple[Code, ...]:
    return bare_notebook(*cells).codes


def last_call(*cells: str) -> Call:
    return codes(*cells)[-1].calls[-1]


def shown(node: ast.expr | None) -> str | None:
    return None if node is None else ast.unparse(node)


# -- arguments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("f(1, 2)", "2"),
        ("f(1, b=2)", "2"),
        ("f(b=2)", "2"),
        ("f(1)", None),
        ("f(*x)", None),
        ("f(*x, 2)", None),
        ("f(1, *x)", None),
        ("f(*[1, 2])", "2"),
        ("x = (1, 2)\nf(*x)", "2"),
        ("f(*[1], 2)", "2"),
        ("f(1, 2, *x)", "2"),
        ("f(**{'b': 2})", "2"),
        ("x = {'b': 2}\nf(**x)", "2"),
        ("x = dict(b=2)\nf(**x)", "2"),
        ("x = {'a': 1}\ny = {**x, 'b': 2}\nf(**y)", "2"),
        ("x = {}\nx['b'] = 2\nf(**x)", "2"),
        ("x = {'a': 1} | {'b': 2}\nf(**x)", "2"),
        ("f(**x)", None),
        ("from functools import partial\ng = partial(f, 1)\ng(2)", "2"),
        ("from functools import partial\ng = partial(f, b=2)\ng(1)", "2"),
        ("from functools import partial\ng = partial(f, b=3)\ng(b=2)", "2"),
        ("from functools import partial\ng = partial(f, **{'b': 2})\ng(1)", "2"),
        ("from functools import partial\ng = partial(f, 1, 2)\ng()", "2"),
    ],
)
def test_arguments(cell: str, found: str | None):
    assert shown(last_call(cell).argument("b", 1)) == found


def test_what_an_argument_gives():
    call = last_call("X = 'a'", "f(X, b=True, c=g)")
    assert call.text("a", 0) == "a"
    assert call.constant("b") is True
    assert call.constant("c") is UNKNOWN
    assert call.constant("d") is UNKNOWN
    assert call.text("d") is None
    keyword = call.keyword("b")
    assert keyword is not None
    assert ast.unparse(keyword.value) == "True"
    assert call.keyword("a") is None


def test_a_call():
    call = last_call("import pickle as p", "x = 1\ny = p.load(f)")
    assert (call.name, call.names) == ("pickle.load", ("pickle.load",))
    assert (call.start, call.end) == (10, 19)
    assert call.place == call.code.place(10, 19)
    assert call.at == (1, 2, 4)
    assert last_call("(lambda: 0)()").name == ""


# -- one text ----------------------------------------------------------------------------------------------------------


def test_calls_are_in_document_order():
    (code,) = codes("{a(): b(), c(): d()}\n@e()\ndef f(x=g()) -> h():\n    i()\n[j(k()) for x in l()]\n    m()\nn()")
    assert [ast.unparse(call.node.func) for call in code.calls] == list("abcdeghijklmn")
    assert [call.start for call in code.calls] == sorted(call.start for call in code.calls)


def test_nodes():
    (code,) = codes("x = 1\nif 0:\n    y = 2\nimport a\nfrom b import c")
    assert [ast.unparse(node) for node in code.nodes(ast.Assign)] == ["x = 1"]
    assert [ast.unparse(node) for node in code.nodes(ast.Assign, dead=True)] == ["x = 1", "y = 2"]
    assert [type(node) for node in code.nodes(ast.Import, ast.Assign, ast.ImportFrom)] == [
        ast.Assign,
        ast.Import,
        ast.ImportFrom,
    ]
    assert list(code.nodes(ast.Lambda)) == []


def test_spans_and_literals():
    (code,) = codes("x = f('a\\tb', y)\nz = 'é'")
    literals = [node for node in code.nodes(ast.Constant) if isinstance(node, ast.Constant)]
    assert [code.text[slice(*code.literal_span(node))] for node in literals] == ["a\\tb", "é"]
    assert [code.text[slice(*code.literal_span(node, 1))] for node in literals] == ["\\tb", ""]
    assert code.text[slice(*code.literal_span(literals[0], 0, 1))] == "a"
    (call,) = code.calls
    assert code.text[slice(*code.literal_span(call.node))] == "f('a\\tb', y)"


def test_what_stands_in_which_text():
    first, second = codes("x = 'a'", "y = 'b'")
    (node,) = first.nodes(ast.Constant)
    assert first.holds(node)
    assert not second.holds(node)


def test_commands_of_every_carrier_in_order():
    (code,) = codes(
        "!pip install a\nimport os\nos.system('pip install b')\n%pip install c\nif 0:\n    !pip install d\n    os.system('x')\n!echo $(pip install e)"
    )
    assert [command.words[-1].text for command in code.commands if command.program == "pip"] == ["a", "b", "c", "e"]
    assert [pipeline.start for pipeline in code.pipelines] == sorted(pipeline.start for pipeline in code.pipelines)


def test_what_interpolations_stand_for():
    cells = ("V = '1'\nP = ['a']", "!pip install x=={V} $V {P[0]} {unknown}")
    command = codes(*cells)[1].commands[0]
    assert [word.text for word in command.words[2:]] == ["x==1", "1", "a", "\0"]


def test_a_function_sees_its_own_variables():
    (code,) = codes(
        "url = 'a'\ndef f(url):\n    !wget {url}\ndef g():\n    url = 'b'\n    !wget {url} $url\n!wget {url}"
    )
    assert [[word.text for word in command.words[1:]] for command in code.commands] == [["\0"], ["b", "b"], ["a"]]


def test_the_environment_in_scripts():
    cells = ("%env A=x", "%%bash\necho $A $B")
    assert [word.text for word in codes(*cells)[1].commands[0].words] == ["echo", "x", "\0"]


def test_a_broken_cell_hides_no_other():
    broken, whole = codes("import pickle as p\nx = (", "p.load(f)")
    assert not broken.python.complete
    assert whole.calls[0].name == "pickle.load"


# -- kinds of texts ----------------------------------------------------------------------------------------------------


def test_written_files_have_a_namespace_of_their_own():
    cell, file, other = codes("%%writefile a.py\nimport pickle\npickle.load(f)\n", "load(f)")
    assert (cell.kind, file.kind, file.file) == ("text", "python", "a.py")
    assert file.calls[0].name == "pickle.load"
    assert file.place(0, 6).at.start == file.start == len("%%writefile a.py\n")
    assert file.session is not other.session
    assert cell.session is other.session


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("%%bash\npip install a", "shell"),
        ("%%html\n<p>", "text"),
        ("%%script false\nx", "text"),
        ("x", "python"),
        ("%%time\nx", "python"),
    ],
)
def test_kinds(cell: str, kind: str):
    assert codes(cell)[0].kind == kind


def test_other_languages_hold_no_python():
    cells = bare_notebook("import pickle; pickle.load(f)").cells
    (code,) = Notebook(cells=cells, language="julia").codes
    assert (code.kind, code.calls) == ("text", ())


def test_a_session_works_things_out_once():
    (code,) = codes("x")
    made: list[object] = []
    assert code.session.once(lambda _: made.append(1)) is None
    function = made.append
    code.session.once(function)
    code.session.once(function)
    assert len(made) == 2


@given(st.lists(st.text(max_size=40), max_size=4))
@settings(deadline=None)
def test_nothing_raises(cells: list[str]):
    for code in codes(*cells):
        for call in code.calls:
            assert 0 <= call.start <= call.end <= len(code.text)
            call.argument("a", 0)
        for command in code.commands:
            assert 0 <= command.start <= command.end <= len(code.text)


LINES = st.sampled_from(
    [
        "!pip install {a} $b",
        "%pip install x",
        "%%bash",
        "os.system(f'ls {a}')",
        "import os",
        "a = 'x'",
        "if a:",
        "    !ls",
        "%env B=c",
        "b = !ls",
        "f(*a, **b)",
        "%%writefile x.py",
        "?a",
        "a = [",
        "'''",
        "for a in ['x']: !echo {a}",
        "get_ipython().system('ls $a')",
        "\\",
    ]
)


@given(st.lists(st.lists(LINES, max_size=5).map("\n".join), max_size=3))
@settings(deadline=None)
def test_nothing_raises_on_notebook_code(cells: list[str]):
    for code in codes(*cells):
        assert all(0 <= pipeline.start <= pipeline.end <= len(code.text) for pipeline in code.pipelines)
        for call in code.calls:
            assert code.holds(call.node)
