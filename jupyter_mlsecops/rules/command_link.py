r"""Find buttons and links that run a command of JupyterLab when they are clicked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jupyter_mlsecops.detection.text_marks import marked_texts
from jupyter_mlsecops.findings import ClearOutput, Confidence, Fix, Hit, Related, ReplaceText, Safety, Severity
from jupyter_mlsecops.notebook.markdown_code import code_spans
from jupyter_mlsecops.rule import notebook_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.model import Notebook, Text

_NAME = re.compile(r"data-commandlinker-(?:command|args)\b", re.IGNORECASE)
_VALUE = re.compile(r"""\s{0,20}=\s{0,20}(?:"[^"]*"|'[^']*'|[^\s"'<>=`]+)""")
_TAG = re.compile(r"<[a-zA-Z]")
_OUTPUT = re.compile(r"/outputs/\d+(?=/)")
_WIDGETS = "/metadata/widgets/"
# What a viewer shows letter by letter.
_SHOWN_AS_TEXT = frozenset({
    "text/plain", "text/x-code", "text/x-metadata",
    "application/vnd.jupyter.stdout", "application/vnd.jupyter.stderr", "application/vnd.jupyter.error",
})  # fmt: skip
_MOST_PLACES = 100


@notebook_rule(
    category="untrusted", severity=Severity.CRITICAL, confidence=Confidence.HIGH, cwe=(79, 1021), atlas=("AML.T0011.003",),
)  # fmt: skip
def command_link(notebook: Notebook) -> Iterator[Hit]:
    r"""A click on what this shows runs a command of JupyterLab.

    ## What it sees

    The attributes `data-commandlinker-command` and `data-commandlinker-args` in what is rendered: outputs of every type but plain
    text, Markdown cells, attachments, the state of widgets. Code in Markdown and escaped HTML that only show them are left alone.

    ## Why it matters

    JupyterLab up to 4.5.6 keeps these attributes in outputs that nobody trusted: one click on what looks like any button runs a
    command of the application, and with it code in your kernel (CVE-2026-42557; CWE-79, CWE-1021; MITRE ATLAS AML.T0011.003).

    ## What to do

    Clear the output, or remove the attributes; ask how they came there. Update JupyterLab to 4.5.7 or newer.

    ## Examples

    ```markdown bad
    <button data-commandlinker-command="notebook:run-all-cells">Show the results</button>
    ```

    ```markdown fixed
    <button>Show the results</button>
    ```

    ```markdown good
    Before 4.5.7, `<button data-commandlinker-command="help:about">` was not removed.
    ```

    ## References

    - <https://nvd.nist.gov/vuln/detail/CVE-2026-42557>
    """
    for text in filter(_is_rendered, marked_texts(notebook, "command link")):
        if found := list(_attributes(text)):
            yield _hit(text, found)


def _hit(text: Text, found: list[tuple[int, int]]) -> Hit:
    first, *others = [(text.place(start, end), _fix(text, start, end)) for start, end in found[:_MOST_PLACES]]
    message = "a click on this runs a command of JupyterLab before 4.5.7 (CVE-2026-42557)"
    related = tuple(Related(place=place, message=message, fixes=(fix,)) for place, fix in others)
    return Hit(at=first[0], message=message, fixes=(first[1],), related=related)


def _is_rendered(text: Text) -> bool:
    essence = text.mime.partition(";")[0].strip().lower()
    return essence not in _SHOWN_AS_TEXT or text.part.startswith(_WIDGETS)


def _attributes(text: Text) -> Iterator[tuple[int, int]]:
    """The attributes, values included, that may stand in a tag."""
    names = [match.span() for match in _NAME.finditer(text.text)]
    shown = _Shown(code_spans(text.text) if names and text.mime == "text/markdown" else [])
    inside, read, done = False, 0, 0
    for start, end in names:
        inside = _may_be_in_tag(text.text, read, start, inside=inside)
        read = end
        if inside and start >= done and not shown.holds(start):
            value = _VALUE.match(text.text, end)
            done = value.end() if value else end
            yield start, done


class _Shown:
    """Spans in order, asked for places in order."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self._spans = iter(spans)
        self._start = self._end = 0

    def holds(self, at: int) -> bool:
        while self._end <= at and (span := next(self._spans, None)):
            self._start, self._end = span
        return self._start <= at < self._end


def _may_be_in_tag(text: str, start: int, end: int, *, inside: bool) -> bool:
    """Whether a tag may be open at `end`; `inside` says so for `start`.

    A tag that ended may have ended in a quoted value only, so any quotation mark behind it counts as doubt.
    """
    closed = text.rfind(">", start, end)
    if _TAG.search(text, max(start, closed), end):
        return True
    if closed < 0 and inside:
        return True
    return (closed >= 0 or start > 0) and (
        '"' in text[max(start, closed) : end] or "'" in text[max(start, closed) : end]
    )


def _fix(text: Text, start: int, end: int) -> Fix:
    if (output := _OUTPUT.match(text.part)) and text.cell is not None:
        edit = ClearOutput(cell=text.cell, part=output[0])
        return Fix(title="Clear this output", safety=Safety.SAFE, edits=(edit,))
    while start and text.text[start - 1] in " \t":
        start -= 1
    return Fix(
        title="Remove the attribute",
        safety=Safety.UNSAFE,
        edits=(ReplaceText(place=text.place(start, end), text=""),),
    )
