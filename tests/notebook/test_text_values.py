from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import constant, marked, program_of, text

from jupyter_mlsecops.notebook.python.program import Program
from jupyter_mlsecops.notebook.shell.model import HOLE

H = HOLE


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("'a'", "a"),
        ("b'a\\xff'", "a\xff"),
        ("'a' 'b'", "ab"),
        ("'a' + 'b'", "ab"),
        ("'a' + x", f"a{H}"),
        ("x + y", None),
        ("x + 'a'", f"{H}a"),
        # f-strings
        ("f'a{1}b{True}'", "a1bTrue"),
        ("f'a{x}b'", f"a{H}b"),
        ("f'{\"a\"!r}'", "'a'"),
        ("f'{\"a\"!s}'", "a"),
        ("f'{7:03d}'", "007"),
        ("f'{7:{3}}'", "  7"),
        ("f'{7:{w}}'", H),
        ("f'{x:03d}'", H),
        ("f'{1.5:.2f}'", "1.50"),
        ("f'{\"a\":d}'", H),
        ("f'{None}'", H),
        ("f'{{}}'", "{}"),
        ("f'{f\"{1}\"}'", "1"),
        # %
        ("'%s-%d' % ('a', 1)", "a-1"),
        ("'%s' % 'a'", "a"),
        ("'%s %s' % 'a'", f"a {H}"),
        ("'%s' % x", H),
        ("'%(k)s' % {'k': 'a'}", "a"),
        ("'%(k)s' % {'l': 'a'}", H),
        ("'100%% %s' % 'a'", "100% a"),
        ("'%03d' % 7", "007"),
        ("'%.2f' % 1.5", "1.50"),
        ("'%r' % 'a'", "'a'"),
        ("'%*d' % (3, 7)", f"{H}"),
        ("'%d' % 'a'", H),
        ("'%x %i' % (10, 1.5)", "a 1"),
        # .format
        ("'{}-{}'.format('a', 1)", "a-1"),
        ("'{1}-{0}'.format('a', 'b')", "b-a"),
        ("'{k}'.format(k='a')", "a"),
        ("'{k}'.format(**{'k': 'a'})", "a"),
        ("'{k}'.format_map({'k': 'a'})", "a"),
        ("'{}'.format()", H),
        ("'{:03d}'.format(7)", "007"),
        ("'{!r}'.format('a')", "'a'"),
        ("'{0.name} {0[1]}'.format(x)", f"{H} {H}"),
        ("'{{}} {}'.format('a')", "{} a"),
        ("'{} {}'.format(*x)", f"{H} {H}"),
        ("'{99999999}'.format('a')", H),
        # joins and paths
        ("'/'.join(['a', 'b'])", "a/b"),
        ("'/'.join(('a', x))", f"a/{H}"),
        ("'/'.join([])", ""),
        ("'/'.join(x)", H),
        ("os.path.join('a', 'b', x)", f"a/b/{H}"),
        ("os.path.join('a', '/b')", "/b"),
        ("os.path.join(x)", None),
        ("Path('a') / 'b' / x", f"a/b/{H}"),
        ("Path('a', 'b')", "a/b"),
        ("Path()", "."),
        ("Path.home() / 'a'", f"{H}/a"),
        ("str(Path('a'))", "a"),
        ("Path('a').joinpath('b', 'c')", "a/b/c"),
        ("Path('a/b.c').parent", "a"),
        ("Path('a/b.c').name", "b.c"),
        ("Path('a/b.c').stem", "b"),
        ("Path('a/b.c').suffix", ".c"),
        ("Path('a/b.c').with_suffix('.d')", "a/b.d"),
        ("Path('a/b.c').with_name('d')", "a/d"),
        ("Path('a').resolve().as_posix()", "a"),
        ("os.path.basename('a/b')", "b"),
        ("os.path.dirname('a/b')", "a"),
        ("os.path.abspath('a')", "a"),
        ("'a' + os.sep + 'b'", "a/b"),
        ("x / y", None),
        ("1 / 2", None),
        ("urllib.parse.urljoin('https://h/a/', 'b')", "https://h/a/b"),
        ("urllib.parse.urljoin(x, 'b')", f"{H}b"),
        ("urllib.parse.urljoin('http://[', 'b')", None),
        # methods and parts
        ("' a '.strip()", "a"),
        ("'a'.upper()", "A"),
        ("'aXb'.replace('X', '-')", "a-b"),
        ("'aXb'.replace('X', x)", H),
        ("'ab'.removesuffix('b')", "a"),
        ("'ab'.strip(1, 2, 3)", H),
        ("'a/b/c'.split('/')[-1]", "c"),
        ("'a/b/c'.rsplit('/', 1)[0]", "a/b"),
        ("'a/b'.partition('/')[2]", "b"),
        ("'a b'.split()[1]", "b"),
        ("'a b'.split()[7]", H),
        ("f'{x}/b'.split('/')[-1]", "b"),
        ("f'{x}/b'.split('/')[0]", H),
        ("'abc'[1:]", "bc"),
        ("'abc'[:-1]", "ab"),
        ("'abc'[1:2]", "b"),
        ("'abc'[::2]", "ac"),
        ("'abc'[::-1]", "cba"),
        ("'abc'[::0]", H),
        ("chr(97)", "a"),
        ("chr(-1)", None),
        ("os.path.join(*['a', 'b'], 'c')", "a/b/c"),
        ("'abc'[x:]", H),
        ("'abc'[0]", "a"),
        ("'abc'[9]", H),
        ("'abc'.encode().decode()", "abc"),
        ("'abc'.nothing()", None),
        ("str(1)", "1"),
        ("str(x)", H),
        ("sys.executable + ' -m pip'", "python -m pip"),
        # alternatives
        ("'ab' if c else 'ac'", f"a{H}"),
        ("'a' if c else 'a'", "a"),
        ("'a' if c else x", None),
        # what is no text
        ("1", None),
        ("None", None),
        ("x", None),
        ("f()", None),
        ("[1]", None),
        ("lambda: 1", None),
    ],
)
def test_texts(expression: str, found: str | None):
    assert text("import os, sys, urllib.parse\nfrom pathlib import Path", f"_({expression})") == found


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (("_(X)", "X = 'a'"), "a"),
        (("X = 'a'; X += 'b'; X += 'c'; _(X)",), "abc"),
        (("X += 'b'; _(X)",), "b"),
        (("X = f(); X += 'b'; _(X)",), f"{H}b"),
        (("X = 'a'; X += f(); _(X)",), f"a{H}"),
        (("for x in ['model-a', 'model-b']:\n    _(x)",), f"model-{H}"),
        (("for x in ['a']:\n    _(x)",), "a"),
        (("for k, v in {'k': 'a'}.items():\n    _(v)",), "a"),
        (("for i, x in enumerate(['a']):\n    _(x)",), "a"),
        (("for x in tqdm(['a']):\n    _(x)", "from tqdm.auto import tqdm"), "a"),
        (("for x in f():\n    _(x)",), None),
        (("for x in []:\n    _(x)",), None),
        (("a, b = 'x', 'y'; _(b)",), "y"),
        (("p = ['x', 'y']; a, b = p; _(b)",), "y"),
        (("URLS = ['a', 'b']", "_(URLS[0])"), "a"),
        (("CONFIG = {'model': {'id': 'a'}}", "_(CONFIG['model']['id'])"), "a"),
        (("CONFIG = {}", "CONFIG['id'] = 'a'", "_(CONFIG['id'])"), "a"),
        (("class C:\n    X = 'a'", "_(C.X)"), "a"),
        (("class C:\n    def __init__(self):\n        self.x = 'a'\n    def f(self):\n        _(self.x + 'b')",), "ab"),
        (("class M(Enum):\n    A = 'a'", "_(M.A.value)"), "a"),
        (("@dataclass\nclass C:\n    x: str = 'a'", "c = C(x='b')", "_(c.x)"), "b"),
        (("class C:\n    def __init__(self, x):\n        self.x = x + 'c'", "_(C(x='b').x)"), f"{H}c"),
        (("a = argparse.Namespace(x='b')", "_(a.x)"), "b"),
        (("T = '%s/%s' % P", "P = ('a', 'b')", "_(T)"), "a/b"),
        (("import os", "os.environ['A'] = 'x'", "_(os.environ['A'])"), "x"),
        (("import os", "os.environ['A'] = 'x'", "_(os.getenv('A') + os.environ.get('A'))"), "xx"),
        (("import os", "_(os.environ['A'])"), None),
        (("def f(x='a'):\n    _(x)",), None),
        (("with open('a') as x:\n    _(x)",), None),
        (("x = x + 'a'; _(x)",), f"{H}a"),
        (("_((x := 'a'))",), "a"),
        (("async def f():\n    x = 'a'\n    _(await x)",), "a"),
    ],
)
def test_texts_across_cells(cells: tuple[str, ...], found: str | None):
    assert text(*cells) == found


def test_a_text_of_any_length_is_a_text_where_it_stands_as_a_literal():
    long = "a" * 100_000
    assert text(f"X = '{long}'", "_(X)") == long
    assert text(f"X = '{long}'", "_(X + 'b')") is None
    assert text(f"X = '{long}'", "_(X[1:])") is None
    assert text(f"X = '{long}'", "_('%s' % X)") is None


def test_numbers_that_python_refuses_to_spell():
    huge = "0x" + "f" * 10_000
    for expression in ("f'{X}'", "'%d' % X", "'{}'.format(X)", "str(X)", "f'{X:d}'", "'%5d' % X", "str(-X)"):
        assert text(f"X = {huge}", f"_({expression})") == H


def test_shown():
    program = program_of("X = 3", "_(X)")
    assert program.shown(marked(program)) == "3"
    program = program_of("_(x)")
    assert program.shown(marked(program)) is None


SAFE = st.text(alphabet="ab{}%sd()-./ é", max_size=8)


@given(st.lists(SAFE, max_size=4), SAFE)
@settings(deadline=None)
def test_texts_agree_with_python(parts: list[str], joint: str):
    assert text(f"_({joint!r}.join({parts!r}))") == joint.join(parts)
    added = " + ".join(map(repr, ["", *parts]))
    assert text(f"_({added})") == "".join(parts)
    fields = "".join(f"{{{part!r}}}" for part in parts if "{" not in part and "}" not in part and "'" not in part)
    assert text(f'_(f"{fields}")') == "".join(part for part in parts if "{" not in part and "}" not in part)


@given(
    st.text(alphabet="%sdrx()ak 0.*{}:!", max_size=12),
    st.lists(st.one_of(st.integers(-5, 99), st.sampled_from(["a", "b"])), max_size=3),
)
@settings(deadline=None, max_examples=300)
def test_templates_agree_with_python_where_they_are_known(template: str, values: list[int | str]):
    arguments = tuple(values)
    for expression, compute in (
        (f"({template!r} % {arguments!r})", lambda: template % arguments),
        (f"({template!r}.format(*{arguments!r}))", lambda: template.format(*arguments)),
        (f"({template!r}.format({', '.join(map(repr, values))}))", lambda: template.format(*arguments)),
    ):
        found = text(f"_{expression}")
        try:
            expected = compute()
        except (TypeError, ValueError, IndexError, KeyError, AttributeError):
            continue
        assert found is not None
        if H not in found:
            assert found == expected


def test_constants_of_texts():
    assert constant("_('a' + 'b')") == "ab"
    assert constant("_('/'.join(['a', 'b']))") == "a/b"


def test_a_program_of_nothing():
    program = Program([])
    assert program.environment_variable("A", (0, 0, 0)) is None
    assert program.variable("a", (0, 0, 0)) is None
