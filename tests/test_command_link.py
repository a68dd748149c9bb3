"""Links to commands of JupyterLab: in everything that is rendered, and in nothing that is not."""

from __future__ import annotations

import time

import pytest
from notebooks import code, display, markdown, notebook, result, stream, traceback

from examples import findings, fixed
from jupyter_mlsecops.findings import ClearOutput, Safety
from jupyter_mlsecops.rules import all_rules

RULE = all_rules()["command-link"]
BUTTON = """<button data-commandlinker-command="a:b" data-commandlinker-args='{"x": 1}'>x</button>"""
ESCAPED = "<pre>&lt;button data-commandlinker-command=a&gt;</pre>"


@pytest.mark.parametrize(
    "bundle",
    [
        {"text/html": BUTTON},
        {"text/markdown": BUTTON},
        {"image/svg+xml": f"<svg><foreignObject>{BUTTON}</foreignObject></svg>"},
        {"application/vnd.custom+json": {"rows": [{"html": BUTTON}]}},
        {"application/json": {"a": [BUTTON]}},
        {"text/html; charset=utf-8": BUTTON.upper()},
        {"text/html": ["<button\n", "data-commandlinker-command='a'>"]},
    ],
    ids=lambda bundle: next(iter(bundle)),
)
@pytest.mark.parametrize("make", [display, result])
def test_rendered_outputs(bundle, make):
    content = notebook(code("x", outputs=[stream("y"), make(bundle)]))
    _, [finding] = findings(content, RULE)
    [fix] = finding.fixes
    assert fix.safety is Safety.SAFE
    assert fix.edits == (ClearOutput(cell=0, part="/outputs/1"),)


@pytest.mark.parametrize(
    "cell",
    [
        code("x", outputs=[stream(BUTTON), display({"text/plain": BUTTON}), traceback(BUTTON)]),
        code("x", outputs=[display({"text/html": ESCAPED})]),
        code("x", outputs=[display({"text/markdown": f"`{BUTTON}`"})]),
        code(f"HTML('''{BUTTON}''')"),
        markdown(f"```html\n{BUTTON}\n```"),
        markdown("", metadata={"note": BUTTON}),
    ],
)
def test_what_is_shown_letter_by_letter(cell):
    assert findings(notebook(cell), RULE)[1] == ()


def test_attachments_and_the_state_of_widgets():
    state = {"application/vnd.jupyter.widget-state+json": {"state": {"1": {"state": {"value": BUTTON}}}}}
    content = notebook(markdown("x", attachments={"a": {"text/html": BUTTON}}), metadata={"widgets": state})
    assert [finding.place.cell for finding in findings(content, RULE)[1]] == [0, None]


@pytest.mark.parametrize(
    "text",
    [
        """<b title=">" data-commandlinker-command=x>""",
        """<b title=">" " data-commandlinker-command=x>""",
        """<b title='>' data-commandlinker-command=x>""",
        """data-commandlinker-command="<b data-commandlinker-command=x>\"""",
        """<b>&lt;</b><b\tdata-commandlinker-command=x""",
    ],
)
def test_quotes_do_not_hide_it(text: str):
    assert findings(notebook(code("x", outputs=[display({"text/html": text})])), RULE)[1]


def test_clearing_removes_the_output():
    content = notebook(code("x", outputs=[display({"text/html": BUTTON})]))
    assert fixed(content, findings(content, RULE)[1]) == ["x"]


def test_hostile_repetition_is_linear():
    tags = "<b data-commandlinker-args=\"' " * 20_000
    doubt = "`" * 30_000 + "> ``` ` `` " * 20_000
    started = time.process_time()
    _, found = findings(notebook(markdown(tags), markdown(doubt + tags)), RULE)
    assert time.process_time() - started < 10
    assert [len(finding.related) for finding in found] == [99, 99]
