from __future__ import annotations

import ast
import sys
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jupyter_mlsecops.notebook.python.literals import literal_positions, template

PIECES = st.one_of(
    st.text(alphabet="aé𝒳 {}$%", min_size=1, max_size=4),
    st.sampled_from(
        [
            "\\n",
            "\\x41",
            "\\101",
            "\\0",
            "\\u00e9",
            "\\U0001F600",
            "\\N{EM DASH}",
            "\\\\",
            "\\'",
            '\\"',
            "\\\n",
            "\\\r\n",
            "\\d",
            "\\8",
        ]
    ),
)
PREFIXES = st.sampled_from(["", "r", "R", "u", "b", "rb", "Br"])


@st.composite
def literals(draw: st.DrawFn) -> str:
    prefix, quote = draw(PREFIXES), draw(st.sampled_from(["'", '"', "'''", '"""']))
    body = "".join(draw(st.lists(PIECES, max_size=6)))
    if len(quote) == 3:
        body += draw(st.sampled_from(["", "\n", "\r\n", "\rx", " "]))
    elif "r" in prefix.lower():
        body = body.replace("\\\n", "").replace("\\\r\n", "")
    return f"{prefix}{quote}{body}{quote}"


def value_of(source: str) -> str | bytes | None:
    try:
        return ast.literal_eval(source)
    except (SyntaxError, ValueError):
        return None


@given(st.lists(literals(), min_size=1, max_size=3), st.sampled_from([" ", "", "\\\n", " \\\r\n "]))
@example([r'"\N{EM DASH}"'], "")
@example([r"b'\u00e9\N{x}\x41'"], "")
@example(["'''\r\n'''"], "")
@settings(deadline=None, max_examples=400)
def test_positions_agree_with_python(pieces: list[str], between: str):
    source = between.join(pieces)
    value = value_of(source.strip())
    if value is None:
        return
    positions = literal_positions(source, 0, len(source))
    assert positions is not None
    assert len(positions) == len(value) + 1
    assert positions == sorted(positions)
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    for character, at in zip(text, positions, strict=False):
        assert source[at] in (character, "\\", "\r")


@pytest.mark.parametrize(
    ("source", "positions"),
    [
        ("'abc'", [1, 2, 3, 4]),
        ("''", [1]),
        ("('a'\n  # 'x'\n  \"b\")", [2, 16, 17]),
        ("'a' 'b'", [1, 5, 6]),
        ("x", None),
        ("'a' + 'b'", None),
        ("f'a{x}b'", [2, 3, 4, 5, 6, 7]),
        ("'unclosed", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("", [0]),
    ],
)
def test_positions(source: str, positions: list[int] | None):
    assert literal_positions(source, 0, len(source)) == positions


def test_positions_are_those_in_the_source():
    source = "x = 'a\\tb' + y"
    assert literal_positions(source, 4, 10) == [5, 6, 8, 9]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("f'pip install {x}'", "pip install {x}"),
        ("f'{x!r} {y!s} {z:>3} {w!a:x}'", "{repr(x)} {y} {format(z)} {format(w)}"),
        ("f'{x=}'", "x={repr(x)}"),
        ("f'{x = !s}'", "x={x}"),
        ("f'{{a}} {b}'", "{{a}} {b}"),
        ("'{a}' f'{b}'", "{{a}}{b}"),
        ("f'{a[1:2]} {(lambda: 1)()} {a != b}'", "{a[1:2]} {(lambda: 1)()} {a != b}"),
        ("f'{a:{b}}c'", "{format(a)}c"),
        ("f'{ {1: 2}[1] }'", "{ {1: 2}[1]}"),
        ("f'''{\n  a\n}\\n'''", "{a}\n"),
        ("rf'\\d{x}\\n'", "\\d{x}\\n"),
        ("f'\\x41\\N{EM DASH}{x}'", "A?{x}"),
        ("f\"{'}'}{d['k']}\"", "{'}'}{d['k']}"),
        ("f'$HOME {x}'", "$HOME {x}"),
        ("'a' 'b'", "ab"),
    ],
)
def test_templates(source: str, text: str):
    found = template(source, 0, len(source))
    assert found is not None
    assert found[0] == text
    assert len(found[1]) == len(text) + 1
    assert found[1] == sorted(found[1])


@pytest.mark.skipif(sys.version_info < (3, 12), reason="since Python 3.12 a field may hold any string")
@pytest.mark.parametrize("source", ["f'{d['k']}x'", "f'{f'{f'{x}'}'}x'", "f'{\"\\n\".join(x)}x'", "f'{x!r:{'>'}}x'"])
def test_quotes_within_fields(source: str):
    positions = literal_positions(source, 0, len(source))
    assert positions is not None
    assert positions[-1] == len(source) - 1


def test_fields_stand_where_they_are_written():
    source = "x = (f'a{x}'\n     f'b{y}c')"
    text, positions = template(source, 5, len(source) - 1) or ("", [])
    for name in ("{x}", "b", "{y}", "c"):
        assert source.startswith(name, positions[text.index(name)])


def test_a_template_that_is_none():
    assert template("x + 'a'", 0, 7) is None


@given(st.text(alphabet="f'\"{}\\!:=rNx \n[](", max_size=40))
@settings(deadline=None, max_examples=400)
def test_nothing_raises(source: str):
    for found in (literal_positions(source, 0, len(source)), (template(source, 0, len(source)) or ("", None))[1]):
        assert found is None or (found == sorted(found) and all(0 <= at <= len(source) for at in found))


@pytest.mark.parametrize(
    "source",
    [
        "'" + "a" * 1_000_000 + "'",
        "f'" + "{x}" * 200_000 + "'",
        "'a' " * 100_000,
        "f'" + "{f'" * 50_000,
        "'\\" * 100_000,
        "f'{" + "=" * 200_000,
        "(" * 300_000,
    ],
)
def test_cost_is_bounded(source: str):
    started = time.process_time()
    literal_positions(source, 0, len(source))
    template(source, 0, len(source))
    assert time.process_time() - started < 5


def test_a_huge_literal_is_left_alone():
    source = "'" + "a" * 3_000_000 + "'"
    assert literal_positions(source, 0, len(source)) is None
