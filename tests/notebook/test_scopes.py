from __future__ import annotations

import ast
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_mlsecops.notebook.python.scopes import Binding, Scope, dotted, nearest, position_of, reaching
from jupyter_mlsecops.notebook.python.source import parse
from jupyter_mlsecops.notebook.python.walk import Walk, by_type


def walk(*cells: str) -> Walk:
    found = Walk()
    for number, cell in enumerate(cells):
        found.source(parse(cell).trees, number)
    found.finish((found.module, *found.scopes.values()))
    return found


def bound(*cells: str) -> list[tuple[str, str]]:
    """The names of the module with the kinds of their bindings, in order."""
    return [(name, binding.kind) for name, bindings in walk(*cells).module.bindings.items() for binding in bindings]


def inner(walked: Walk, kind: type[ast.AST]) -> Scope:
    return next(scope for node, scope in walked.scopes.items() if isinstance(node, kind))


# -- what binds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("import a.b, c.d as e", [("a", "import"), ("e", "import")]),
        ("from a import b, c as d", [("b", "import"), ("d", "import")]),
        ("from a import *", []),
        ("a = b = 1", [("a", "value"), ("b", "value")]),
        ("a, (b, [c]) = x", [("c", "unknown"), ("b", "unknown"), ("a", "item")]),
        ("a, *b = x", [("b", "unknown"), ("a", "item")]),
        ("a: int = 1", [("a", "value")]),
        ("a: int", []),
        ("a += 1", [("a", "value")]),
        ("a -= 1", [("a", "unknown")]),
        ("f(a := 1)", [("a", "value")]),
        ("for a in x: pass", [("a", "element")]),
        ("async def f():\n    pass", [("f", "function")]),
        ("class A: pass", [("A", "class")]),
        ("with x as a, y as (b, c): pass", [("a", "entered"), ("c", "unknown"), ("b", "unknown")]),
        ("try: pass\nexcept E as a: pass", [("a", "unknown")]),
        ("try: pass\nexcept* E as a: pass", [("a", "unknown")]),
        ("match x:\n    case a: pass", [("a", "value")]),
        (
            "match x:\n    case [a, *b] | {'k': c, **d}: pass",
            [("a", "unknown"), ("b", "unknown"), ("c", "unknown"), ("d", "unknown")],
        ),
        ("match x:\n    case A(a, k=b) as c: pass", [("c", "value"), ("a", "unknown"), ("b", "unknown")]),
        ("[a for a in x]", []),
        ("[(a := b) for b in x]", [("a", "value")]),
        ("lambda a: (b := a)", []),
        ("del a", []),
        ("a.b = 1", []),
        ("a[0] = 1", []),
        ("if 0: a = 1", []),
        ("if 1: a = 1\nelse: b = 2", [("a", "value")]),
        ("while 0: a = 1\nelse: b = 2", [("b", "value")]),
    ],
)
def test_bindings(cell: str, found: list[tuple[str, str]]):
    assert sorted(bound(cell)) == sorted(found)


def test_parameters_are_bound_in_their_function():
    scope = inner(walk("def f(a, /, b=1, *c, d, e=2, **g): pass"), ast.FunctionDef)
    found = {name: bindings[0] for name, bindings in scope.bindings.items()}
    assert all(binding.kind == "parameter" and binding.scope is scope for binding in found.values())
    defaults = {name: ast.unparse(binding.value) for name, binding in found.items() if binding.value is not None}
    assert defaults == {"b": "1", "e": "2"}
    assert sorted(found) == list("abcdeg")


def test_global_and_nonlocal():
    walked = walk("def f():\n    global a\n    a = 1\n    b = 2\n    def g():\n        nonlocal b\n        b = 3\n")
    assert [binding.kind for binding in walked.module.bindings["a"]] == ["value"]
    outer = next(scope for node, scope in walked.scopes.items() if getattr(node, "name", "") == "f")
    assert len(outer.bindings["b"]) == 2
    assert "a" not in outer.bindings


def test_what_is_evaluated_outside_stands_outside():
    walked = walk(
        "@a\ndef f(x=b) -> c:\n    d\n@e\nclass C(g, k=h):\n    i\n[j for k in l for m in n if o]\nlambda p=q: r"
    )
    kinds = {node.id: walked.frames[node].scope.kind for node in walked.frames if isinstance(node, ast.Name)}
    assert {name for name, kind in kinds.items() if kind == "global"} == set("abceghlq")
    assert {name for name, kind in kinds.items() if kind == "class"} == {"i"}


def test_dead_code_is_marked():
    walked = walk("if False:\n    def f():\n        a\nelse:\n    b\nif not 0:\n    c")
    dead = {node.id for node, frame in walked.frames.items() if isinstance(node, ast.Name) and frame.dead}
    assert dead == {"a"}


def test_items_are_kept_by_owner_and_key():
    walked = walk("a.b = 1\na.b.c = 2\na['k'] = 3\na['k']['l'] = 4\nf().x = 5\na[i] = 6")
    assert set(walked.module.items) == {("a", ".b"), ("a.b", ".c"), ("a", "k"), ("a.[k]", "l")}


def test_items_of_instances_are_kept_with_their_class():
    walked = walk(
        "class A:\n    def f(me):\n        me.x = 1\n        def g():\n            me.y.z = 2\n    @staticmethod\n    def h(no):\n        no.x = 3"
    )
    assert set(inner(walked, ast.ClassDef).items) == {("<self>", ".x"), ("<self>.y", ".z")}


def test_nodes_come_outer_before_inner_each_once():
    walked = Walk()
    source = parse(
        "def f(a: int = 1, *, b=2) -> str:\n    return {c: d for c in e}\nclass A(B, metaclass=C):\n    x: int = 1\nmatch y:\n    case Z(1): pass"
    )
    nodes = walked.source(source.trees, 0)
    assert len(nodes) == len(set(nodes))
    expected = {
        node
        for node in ast.walk(source.trees[0])
        if not isinstance(node, (ast.expr_context, ast.operator, ast.arguments))
    }
    assert set(nodes) == expected
    assert sorted(index for indices in by_type(nodes).values() for index in indices) == list(range(len(nodes)))
    assert all(type(nodes[index]) is kind for kind, indices in by_type(nodes).items() for index in indices)


# -- which binding is meant --------------------------------------------------------------------------------------------


def bindings_at(*lines: int) -> list[Binding]:
    scope = Scope(kind="global")
    return [Binding(kind="unknown", at=(0, line, 0), scope=scope, node=ast.Pass()) for line in lines]


@given(st.lists(st.integers(0, 20), min_size=1), st.integers(-1, 21))
def test_nearest_is_the_last_above_else_the_first_below(lines: list[int], line: int):
    found = bindings_at(*sorted(lines))
    chosen = found[nearest(found, (0, line, 0))].at[1]
    above = [each for each in lines if each <= line]
    assert chosen == (max(above) if above else min(lines))


def test_bindings_are_in_order_of_the_ends_of_their_statements():
    walked = walk("a = f(\n    a := 1,\n)\n(a := (a := 2))")
    found = walked.module.bindings["a"]
    assert found == sorted(found, key=position_of)
    assert [binding.at[1] for binding in found] == [2, 3, 4, 4]


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("if c:\n    a = 1\nelse:\n    a = 2\na", "2 1"),
        ("if c:\n    a = 1\nelif d:\n    a = 2\nelse:\n    a = 3\na", "3 2 1"),
        ("a = 0\nif c:\n    a = 1\na", "1"),
        ("if c:\n    a = 1\n    a = 2\nelse:\n    pass\na", "2"),
        ("if c:\n    a = 1\n    a = 2\nelse:\n    a = 3\na", "3 2"),
        ("if c:\n    a = 1\nelse:\n    a = 2\n    a", "2"),
        ("if c:\n    a = 1\nif d:\n    a = 2\na", "2"),
        ("try:\n    a = 1\nexcept E:\n    a = 2\nexcept F:\n    a = 3\na", "3 2 1"),
        ("try:\n    a = 1\nexcept E:\n    a = 2\nfinally:\n    a = 3\na", "3"),
        ("if c:\n    if d:\n        a = 1\n    else:\n        a = 2\nelse:\n    a = 3\na", "3 2 1"),
        ("if c:\n    if d:\n        a = 1\n    else:\n        a = 2\n    a\nelse:\n    a = 3", "2 1"),
        ("a\nif c:\n    a = 1\nelse:\n    a = 2", "1 2"),
    ],
)
def test_what_may_reach_a_use(cell: str, values: str):
    walked = walk(cell)
    (use,) = [
        node
        for node in walked.frames
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id == "a"
    ]
    found = reaching(walked.module.bindings["a"], (0, use.lineno, use.col_offset), walked.frames[use].branch)
    assert " ".join(ast.unparse(binding.value) for binding in found if binding.value) == values


def chained(node: str) -> str:
    return dotted(ast.parse(node, mode="eval").body)


def test_dotted_names():
    assert chained("a") == "a"
    assert chained("a.b.c") == "a.b.c"
    assert chained("a['b'].c") == "a.[b].c"
    assert chained("a[0]") == ""
    assert chained("f().a") == ""
    assert chained("a" + ".b" * 500) == ""


# -- bounds ------------------------------------------------------------------------------------------------------------


@given(
    st.lists(
        st.sampled_from(
            [
                "a = 1",
                "if a:\n    a = 2\nelse:\n    a = 3",
                "try: a = 1\nexcept: a = 2",
                "for a in a: a",
                "def a(a=a): a",
                "[a for a in a]",
            ]
        )
    )
)
@settings(deadline=None)
def test_every_node_has_a_frame(cells: list[str]):
    walked = walk(*cells)
    for bindings in walked.module.bindings.values():
        assert bindings == sorted(bindings, key=position_of)


@pytest.mark.parametrize(
    "cell",
    [
        "\n".join(f"x = {i}" for i in range(20_000)),
        "x = [" + "1," * 100_000 + "]",
        "x" + ".a" * 800,
        "a, " * 20_000 + "b = x",
        "with " + ", ".join(["a as b"] * 5000) + ": pass",
    ],
)
def test_cost_is_bounded(cell: str):
    started = time.process_time()
    walk(cell)
    assert time.process_time() - started < 5
