from __future__ import annotations

import ast
import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jupyter_mlsecops.notebook.python.source import PythonSource, parse


def nodes(source: PythonSource) -> list[ast.AST]:
    return [node for tree in source.trees for node in ast.walk(tree)]


def names(source: PythonSource) -> set[str]:
    return {node.id for node in nodes(source) if isinstance(node, ast.Name)}


def texts(text: str, kind: type[ast.AST]) -> list[str]:
    source = parse(text)
    found = sorted(source.span(node) for node in nodes(source) if isinstance(node, kind))
    return [text[start:end] for start, end in found]


def called(text: str) -> list[str]:
    """The calls that are understood, in order of their places."""
    return texts(text, ast.Call)


# -- positions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "x = f(a)",
        "\tif x:\n\t\tf(a)",
        "é = 'ü'; f(a)",
        "'𝒳𝒴𝒵', f(a), 'ß', f(a)",
        "x = 1\r\ny = f(a)\r\n",
        "x = 1\ry = f(a)\rz = 2",
        "x = 1\n\x0cy = f(a)\n",
        "x = '''é\r\nü''' + f(a)",
        'x = f"é{f(a)}ü{f(a)!r:>{f(a)}}"',
        'x = f"""é\n é{f(a)}\n {f(a)}"""',
        'x = ("é" f"{f(a)}"\n  f"ß{f(a)}")',
        "x = f'{f(a)}\\n\\'{f(a)}'",
        "x = \\\n  f(a)",
        "\ufeffx = f(a)",
        "x = 'a\0b' + f(a)",
        "x = '\ud800' + f(a)",
        "# \u2028 \x85 \x1d\nx = f(a)",
    ],
)
def test_positions_are_code_points(text: str):
    found = called(text)
    assert found
    assert set(found) == {"f(a)"}


def test_only_python_and_ipython_line_ends_end_lines():
    source = parse("a = '\u2028\x0b\x0c\x1c\x85'\nb")
    assert source.line_of(0) == 1
    assert source.line_of(source.text.index("\n") + 1) == 2
    assert source.offset(2, 0) == len(source.text) - 1


def test_a_node_without_a_position_is_the_whole_text():
    source = parse("f(a)")
    assert source.span(ast.arguments()) == (0, 4)


def test_positions_outside_are_moved_inside():
    source = parse("ab\ncd")
    assert source.offset(0, 5) == 3
    assert source.offset(9, 9) == 5
    assert source.offset(2, -1) == 3


@given(st.text(alphabet="aé𝒳ß\t \r\n'\"fx={}()#", max_size=40))
@settings(max_examples=300, deadline=None)
def test_every_span_is_right(text: str):
    check_spans(text)


@given(
    st.lists(
        st.sampled_from(
            [
                "f(a)",
                "é",
                "'é𝒳'",
                "f'{a}é'",
                "f'''é\n{é}{a}'''",
                "(é\n + a)",
                "[é,\r\n a]",
                "{a: é}",
                "lambda é: a",
                "𝐱.é",
                "é[a]",
                "'''\r'''",
            ]
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(["\n", "\r\n", "\r", "; "]),
)
@settings(deadline=None)
def test_every_span_of_valid_python_is_right(pieces: list[str], line_end: str):
    source = check_spans(line_end.join(pieces))
    assert source.complete


def check_spans(text: str) -> PythonSource:
    source = parse(text)
    for node in nodes(source):
        start, end = source.span(node)
        assert 0 <= start <= end <= len(text)
        if isinstance(node, ast.Name):
            assert unicodedata.normalize("NFKC", text[start:end]) == node.id
    return source


# -- what does not parse -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        # Somebody is typing.
        ("a()\nx = \nb()", ["a()", "b()"]),
        ("a()\nx = foo(1, 2\nb()", ["a()", "b()"]),
        ("a()\nx = [1,\n2,\nb()", ["a()", "b()"]),
        ("a()\nx = {'k': 1\nb()\nc()", ["a()", "b()", "c()"]),
        ("a()\nx = 'abc\nb()", ["a()", "b()"]),
        ("a()\nx = f'abc {\nb()", ["a()", "b()"]),
        ("a()\nx = f'{a b}'\nb()", ["a()", "b()"]),
        ("a()\nimport \nb()", ["a()", "b()"]),
        ("a()\nfrom x import\nb()", ["a()", "b()"]),
        ("a()\ndef f(\nb()", ["a()", "b()"]),
        ("a()\ndef f(x)\n    b()\nc()", ["a()", "b()", "c()"]),
        ("a()\ndef f(x):\nb()", ["a()", "b()"]),
        ("a()\ndef f(x):", ["a()"]),
        ("a()\nclass A:\n\nb()", ["a()", "b()"]),
        ("a()\nfor x in\n    b()\nc()", ["a()", "b()", "c()"]),
        ("a()\nif b():\nc()", ["a()", "b()", "c()"]),
        ("a()\nwith b() as\n    c()\nd()", ["a()", "c()", "d()"]),
        ("a()\ntry:\n    b()\nc()", ["a()", "b()", "c()"]),
        ("try:\n    try:\n        a()\n    except E:\n        b()\nc()", ["a()", "b()", "c()"]),
        ("try:\n    a()\nexcept\n    b()\nc()", ["a()", "b()", "c()"]),
        ("a()\n@decorator", ["a()"]),
        ("a()\n@decorator\nx = b()\nc()", ["a()", "b()", "c()"]),
        ("a()\nelse:\n    b()\nc()", ["a()", "b()", "c()"]),
        ("a()\nelif x:\n    b()\nc()", ["a()", "b()", "c()"]),
        ("a()\nexcept E:\n    b()\nc()", ["a()", "b()", "c()"]),
        ("a()\nfinally:\n    b()\nc()", ["a()", "b()", "c()"]),
        ("a()\ncase 1:\n    b()\nc()", ["a()", "b()", "c()"]),
        ("a()\nmatch x:\n    case 1:\nb()", ["a()", "b()"]),
        ("a()\nx = )\nb()", ["a()", "b()"]),
        ("a()\nx = (1,\n2]\nb()", ["a()", "b()"]),
        ("a()\nx \\", ["a()"]),
        ("a()\nx \\ y\nb()", ["a()", "b()"]),
        ("a()\nx = $$\nb()", ["a()", "b()"]),
        ("a()\nx = 08\nb()", ["a()", "b()"]),
        ("a()\nx = “b”\nb()", ["a()", "b()"]),
        ("a()\nx =\u00a0b()\nc()", ["a()", "b()", "c()"]),
        # Indentation.
        ("a()\n    b()\nc()", ["a()", "b()", "c()"]),
        ("if x:\n    a()\n  b()\nc()", ["a()", "b()", "c()"]),
        ("if x:\n    a()\n\tb()\nc()", ["a()", "b()", "c()"]),
        ("def f():\n    a()\n        b()\n    c()\nd()", ["a()", "b()", "c()", "d()"]),
        # Strings that do not end: what follows is their inside, unless it happens to parse.
        ('a()\nx = """\nb()', ["a()", "b()"]),
        ('a()\nx = """\nsome words here\nb() or so it seems', ["a()"]),
        ('a()\ndef f():\n    """some words\n    b()\nc()', ["a()", "b()", "c()"]),
        # Python 2.
        ("print 'x', a()\nb()", ["a()", "b()"]),
        ("print a()\nprint\nif x: print b()\nc()", ["a()", "b()", "c()"]),
        ("for x in y:\n    print x.a(), 'b' % b()\n", ["x.a()", "b()"]),
        ("print >>f, a()\nprint b()", ["a()", "b()"]),
        ("print 'a' % (a(),\n  b())\n", ["a()", "b()"]),
        ("exec 'x' in y\na()", ["a()"]),
        ("try:\n    a()\nexcept E, e:\n    b()\nraise E, 'x'\nc()", ["a()", "b()", "c()"]),
        ("x = `y`\na()", ["a()"]),
        ("if a <> b:\n    a()\nb()", ["a()", "b()"]),
        # Nesting that nobody writes.
        ("a()\n" + "(" * 300 + "\nb()", ["a()", "b()"]),
        ("a()\nx = " + "-" * 100_000 + "1\nb()", ["a()", "b()"]),
        ("a()\n" + "[" * 5000 + "]" * 5000 + "\nif x:\n    b()", ["a()", "b()"]),
    ],
)
def test_what_can_be_understood_is_understood(text: str, calls: list[str]):
    assert called(text) == calls
    assert not parse(text).complete


def test_positions_behind_repairs_are_right():
    text = "é = (\n  'ü' f(a)\n\tf(a)\nif é:\n    print 'é', f(a)\n  f(a)\n"
    assert set(called(text)) == {"f(a)"}


def test_a_cell_that_is_indented_as_a_whole_is_whole():
    source = parse("  import os\n  if x:\n    os.system('a')\n")
    assert source.complete
    assert called(source.text) == ["os.system('a')"]
    assert [type(node) for node in source.trees[0].body] in ([], [ast.Import, ast.If])


def test_many_broken_lines_do_not_hide_the_others():
    text = "\n".join(["x = = 1\nf(1)"] * 300)
    assert len(called(text)) == 300


def test_a_deep_expression_hides_only_its_own_statement():
    text = "x = a" + ".b" * 100_000 + '\n"""\nz()\n"""\ndef f():\n    g()\n@d\ndef h(): i()\n'
    assert called(text) == ["g()", "i()"]


def test_trees_are_in_order():
    source = parse("a()\n    b()\nc(\n    d()\n")
    assert [tree.body[0].lineno for tree in source.trees] == sorted(tree.body[0].lineno for tree in source.trees)


@pytest.mark.parametrize(
    "text", ["", "\n", " ", "\t\n ", "\\", "#", "\r", "\0", "\ufeff", "\ud800", "x = 0x" + "f" * 9999]
)
def test_nothing_much(text: str):
    source = parse(text)
    assert source.text == text
    assert all(0 <= start <= end <= len(text) for start, end in map(source.span, nodes(source)))


@pytest.mark.parametrize(
    "text", ["x = " + "1" * 5000, "x = 1", "if 1:\n  pass", "'\\d'", "f''", "await x", "return", "async with a: pass"]
)
def test_complete(text: str):
    assert parse(text).complete is (len(text) < 5000)


@given(st.text(max_size=60))
@example("'''\\")
@example("\\\n'")
@settings(deadline=None)
def test_parse_never_raises(text: str):
    source = parse(text)
    assert source.text == text
    assert len(source.parsed) == len(text)


LINES = st.sampled_from(
    [
        "if x:",
        "else:",
        "try:",
        "except E:",
        "def f():",
        "class A:",
        "    a()",
        "  b()",
        "\tc()",
        "x = (",
        ")",
        "'''",
        '"""',
        "@d",
        "print x",
        "'",
        "{",
        "match x:",
        "    case 1:",
        "x = 1",
        "\\",
        "# c",
        "",
    ]
)


@given(st.lists(LINES, max_size=14), st.sampled_from(["\n", "\r\n"]))
@settings(deadline=None, max_examples=300)
def test_repairs_end_and_keep_positions(lines: list[str], line_end: str):
    text = line_end.join(lines)
    check_spans(text)
    for call in called(text):
        assert call in ("a()", "b()", "c()")


@given(
    st.lists(
        st.sampled_from(
            ["a(1)", "x = b(2)", "if x:\n    c(3)", "def f():\n    return d(4)", "for i in e(5):\n    f(6)"]
        ),
        min_size=1,
    ),
    st.data(),
)
@settings(deadline=None)
def test_a_broken_statement_hides_no_other(statements: list[str], data: st.DataObject):
    broken = data.draw(
        st.sampled_from(
            ["x = ", "y = foo(1, ", "z = 'abc", "def g(", "import", "w = )", "@dec", "else:", "print 'x'", "    v"]
        )
    )
    at = data.draw(st.integers(0, len(statements)))
    expected = sum(statement.count(f"({digit})") for statement in statements for digit in range(1, 7))
    assert len(called("\n".join([*statements[:at], broken, *statements[at:]]))) >= expected


# -- bounds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "\n".join("x = = 1\nf(1)" for _ in range(3000)),
        "\n".join(f"f({i})" for i in range(5000)) + "\nx = (\n" + "\n".join(f"f({i})" for i in range(5000)),
        "\n".join('"""' if i % 3 else "'''" for i in range(2001)),
        '"\n' * 10_000,
        "'''\\" * 5000,
        "\\\n" * 10_000,
        "try:\n  f()\n" * 300,
        "print x, y\n" * 3000,
        "é = 'ü'; f(é); " * 10_000,
        "\n".join(" " * i + "x = f(1)" for i in range(200)),
        "\n".join(f"x = {chr(0x2000 + i)}1" for i in range(500)),
    ],
)
def test_cost_is_bounded(text: str):
    started = time.process_time()
    source = parse(text)
    for node in nodes(source):
        source.span(node)
    assert time.process_time() - started < 5


def test_an_f_string_of_too_many_fields_is_left_out():
    source = parse("x = f'" + "{a}" * 11_000 + "'\ny = 2")
    assert not source.complete
    assert [ast.unparse(statement) for tree in source.trees for statement in tree.body][-1:] == ["y = 2"]
