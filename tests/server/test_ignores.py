"""What is offered to silence a finding silences it, and changes nothing else; what would not is not offered."""

from __future__ import annotations

import copy

import msgspec
import pytest
from editing import Editor
from notebooks import code, markdown, stream
from test_documents import LIMITS, lint
from tokens import fill, make

from examples import cells_of
from jupyter_mlsecops.rule import Reads
from jupyter_mlsecops.rules import all_rules
from jupyter_mlsecops.server.protocol import EditorFinding, Ignore, LintReply
from jupyter_mlsecops.server.worker import Worker

BUTTON = "<button data-commandlinker-command='x:y'>x</button>"
UNSAFE = "torch.load('m.pt', weights_only=False)"


def bad_examples() -> list[object]:
    rules = [rule for rule in all_rules().values() if rule.reads is not Reads.SUPPRESSION]
    return [
        pytest.param(rule.id, [(example.language, fill(cell)) for cell in example.cells], id=f"{rule.id}-{number}")
        for rule in rules
        for number, example in enumerate(example for example in rule.documentation.examples if example.kind == "bad")
    ]


def checked(editor: Editor) -> LintReply:
    return lint(Worker(LIMITS), editor.body(full=True))


def of_rule(reply: LintReply, rule: str) -> list[EditorFinding]:
    return [each for each in reply.findings if each.finding.rule == rule]


def kinds(found: EditorFinding) -> list[str]:
    return [ignore.kind for ignore in found.ignores]


def after(editor: Editor, *ignores: Ignore) -> tuple[Editor, LintReply]:
    edited = copy.deepcopy(editor)
    edits = {msgspec.json.encode(edit): msgspec.to_builtins(edit) for ignore in ignores for edit in ignore.edits}
    edited.apply(list(edits.values()))
    return edited, checked(edited)


@pytest.mark.parametrize("kind", ["line", "cell"])
@pytest.mark.parametrize(("rule", "fences"), bad_examples())
def test_what_is_offered_silences_every_bad_example(rule: str, fences: list[tuple[str, str]], kind: str):
    editor = Editor.of(*cells_of(fences), options={"ignore": []})
    before = checked(editor)
    found = of_rule(before, rule)
    if not found:
        pytest.skip("the rule is off by default, or another owns its fact")
    offered = [ignore for each in found for ignore in each.ignores if ignore.kind == kind]
    if kind == "cell":
        assert len(offered) == sum(each.finding.cell is not None for each in found)
    if not offered:
        pytest.skip("nothing can be written there")
    edited, reply = after(editor, *offered)
    assert len(of_rule(reply, rule)) == len(found) - len(offered)
    assert not [each for each in reply.findings if each.finding.rule == "unused-ignore"]
    others = [each.finding.rule for each in before.findings if each.finding.rule != rule]
    assert [each.finding.rule for each in reply.findings if each.finding.rule != rule] == others
    if kind == "cell":
        assert [cell["source"] for cell in edited.cells.values()] == [cell["source"] for cell in editor.cells.values()]


def line_of(source: str | dict, rule: str) -> str | None:
    """The source with the comment that is offered; None where none is."""
    editor = Editor.of("import torch, yaml, os", source)
    (found,) = of_rule(checked(editor), rule)
    offered = [ignore for ignore in found.ignores if ignore.kind == "line"]
    if not offered:
        return None
    edited, reply = after(editor, *offered)
    assert not of_rule(reply, rule)
    return edited.cells["c1"]["source"]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (UNSAFE, f"{UNSAFE}  # mlsecops: ignore[unsafe-torch-load]"),
        (f"x = 1\n{UNSAFE}\ny = 2", f"x = 1\n{UNSAFE}  # mlsecops: ignore[unsafe-torch-load]\ny = 2"),
        (f"{UNSAFE}  # why", f"{UNSAFE}  # why  # mlsecops: ignore[unsafe-torch-load]"),
        (f"if x:\n    f(\n      1,\n      {UNSAFE},\n    )", f"if x:\n    f(\n      1,\n      {UNSAFE},  # mlsecops: ignore[unsafe-torch-load]\n    )"),
        (f"x = 1 + \\\n  {UNSAFE} + \\\n  2", f"# mlsecops: ignore-next[unsafe-torch-load]\nx = 1 + \\\n  {UNSAFE} + \\\n  2"),
        (f"é = '😀'; {UNSAFE}", f"é = '😀'; {UNSAFE}  # mlsecops: ignore[unsafe-torch-load]"),
        (f"print(x\n{UNSAFE}", f"print(x\n{UNSAFE}  # mlsecops: ignore[unsafe-torch-load]"),
    ],
    ids=["alone", "between", "comment", "brackets", "continued", "emoji", "incomplete"],
)  # fmt: skip
def test_the_line_of_a_call(before: str, expected: str):
    assert line_of(before, "unsafe-torch-load") == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("!pip install numpy", "# mlsecops: ignore-next[unpinned-package]\n!pip install numpy"),
        ("%pip install numpy", "# mlsecops: ignore-next[unpinned-package]\n%pip install numpy"),
        ("if x:\n    !pip install \\\n      numpy", "if x:\n    # mlsecops: ignore-next[unpinned-package]\n    !pip install \\\n      numpy"),
        ('os.system("""\npip install numpy\n""")', '# mlsecops: ignore-next[unpinned-package]\nos.system("""\npip install numpy\n""")'),
        ("%%bash\npip install numpy", None),
        ("%%writefile requirements.txt\nnumpy", None),
    ],
    ids=["shell", "magic", "continued", "string", "cell magic", "file"],
)  # fmt: skip
def test_the_line_of_an_install(before: str, expected: str | None):
    assert line_of(before, "unpinned-package") == expected


def test_all_lines_of_a_finding_are_written_and_no_cause_is():
    editor = Editor.of("!pip install numpy\n!pip install pandas\n!pip install scipy==1.0")
    (found,) = of_rule(checked(editor), "unpinned-package")
    ignore = next(each for each in found.ignores if each.kind == "line")
    assert ignore.title == "Ignore on these 2 lines"
    assert len(ignore.edits) == 2


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (f"{BUTTON}\n\nmore", f"{BUTTON} <!-- mlsecops: ignore[command-link] -->\n\nmore"),
        (f"```\ntext\n```\n{BUTTON}", f"```\ntext\n```\n{BUTTON} <!-- mlsecops: ignore[command-link] -->"),
    ],
)
def test_the_line_of_markdown(before: str, expected: str):
    assert line_of(markdown(before), "command-link") == expected


def test_a_secret_in_a_fence_has_no_line():
    (found,) = checked(Editor.of(markdown(f"```\n{make('github')}\n```"))).findings
    assert kinds(found) == ["cell", "notebook", "settings"]


def test_an_output_has_no_line():
    (found,) = checked(Editor.of(code("x = 1", outputs=[stream(make("github"))]))).findings
    assert kinds(found) == ["cell", "notebook", "settings"]


def test_metadata_of_the_notebook_has_settings_only():
    (found,) = checked(Editor.of("x = 1", metadata={"token": make("github")})).findings
    assert kinds(found) == ["notebook", "settings"]


def test_a_suppression_that_silences_nothing_is_not_silenced_by_another():
    (found,) = checked(Editor.of("x = 1  # mlsecops: ignore[unsafe-torch-load]")).findings
    assert found.finding.rule == "unused-ignore"
    assert kinds(found) == ["notebook", "settings"]


def test_settings_are_heard_where_the_client_keeps_them():
    editor = Editor.of(f"import torch\n{UNSAFE}")
    (found,) = checked(editor).findings
    assert {ignore.rule for ignore in found.ignores} == {"unsafe-torch-load"}
    editor.options = {"ignore": [found.ignores[-1].rule]}
    assert not checked(editor).findings
