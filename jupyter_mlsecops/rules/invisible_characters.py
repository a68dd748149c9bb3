r"""Find characters that nobody sees, in every text of a notebook."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jupyter_mlsecops.detection.invisible import Run, invisible_runs, kinds
from jupyter_mlsecops.detection.text_marks import marked_texts
from jupyter_mlsecops.findings import Confidence, Fix, Hit, Related, ReplaceText, Safety, Severity
from jupyter_mlsecops.rule import notebook_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.model import Notebook, Text

# A hostile notebook may hold millions; what is beyond this many places of one finding shows when these are mended.
_MOST_PLACES = 1000
_MOST_NAMED = 4


@notebook_rule(
    category="untrusted", severity=Severity.CRITICAL, confidence=Confidence.HIGH, cwe=(1007, 94), owasp=("LLM01",), atlas=("AML.T0068",),
)  # fmt: skip
def invisible_characters(notebook: Notebook) -> Iterator[Hit]:
    r"""Characters that nobody sees hide in code or text.

    ## What it sees

    Bidirectional controls, tag characters, variation selectors where nothing varies, Hangul fillers, and zero-width characters:
    in sources, strings and comments too, in outputs, attachments and metadata. **critical** in code, **medium** in other text. Lone
    zero-width characters are **medium** in code and left alone elsewhere; in numbers that look like an encoding they count as the
    others do. One finding says all of one kind in a cell.

    Emoji, flags, right-to-left prose, joiners of Persian and Indic words, variants of ideographs and a byte-order mark at the
    beginning are what these characters are for, and left alone.

    ## Why it matters

    They make code run in another order than it is read (Trojan Source, CVE-2021-42574), carry payloads that a review does not
    show, and hand instructions to AI assistants that only these can read (CWE-1007, CWE-94; OWASP LLM01; MITRE ATLAS AML.T0068).

    ## What to do

    Remove them. In a string that needs one, write its escape, for instance `"\u200d"`, so that everybody sees it.

    ## Examples

    `{{char:202E}}` stands for the character U+202E itself.

    ```python bad
    access = "user"
    if access != "user{{char:202E}} {{char:2066}}# only for admins{{char:2069}} {{char:2066}}":
        print("welcome")
    ```

    ```python fixed
    access = "user"
    if access != "user # only for admins ":
        print("welcome")
    ```

    ```markdown bad
    Summarise the results.{{char:E0068}}{{char:E0069}}
    ```

    ```markdown fixed
    Summarise the results.
    ```

    ```python good
    family = "\u200d".join("👨👩👧")
    flag, warning = "🏴{{char:E0067}}{{char:E0062}}{{char:E0073}}{{char:E0063}}{{char:E0074}}{{char:E007F}}", "⚠️"
    ```

    ## References

    - <https://trojansource.codes/>
    - <https://nvd.nist.gov/vuln/detail/CVE-2021-42574>
    - <https://cwe.mitre.org/data/definitions/1007.html>
    """
    found: dict[tuple[int | None, str, Severity], _Group] = defaultdict(_Group)
    for text in marked_texts(notebook, "invisible"):
        is_code = text.mime == "text/x-code"
        for run in invisible_runs(text.text, is_code=is_code):
            found[text.cell, run.kind, _severity(run, is_code=is_code)].add(text, run)
    for (_, kind, severity), group in found.items():
        (text, run), *others = group.places
        yield Hit(
            at=text.place(run.start, run.end),
            message=_message(kind, group),
            severity=severity,
            fixes=(_strip(text, run),),
            related=tuple(_related(text, run) for text, run in others),
        )


@dataclass(kw_only=True)
class _Group:
    """What one finding is about: the first places, and how many characters of which numbers there are in all."""

    places: list[tuple[Text, Run]] = field(default_factory=list)
    number: int = 0
    seen: set[str] = field(default_factory=set)

    def add(self, text: Text, run: Run) -> None:
        if len(self.places) < _MOST_PLACES:
            self.places.append((text, run))
        self.number += run.end - run.start
        self.seen.update(text.text[run.start : run.end])


def _severity(run: Run, *, is_code: bool) -> Severity:
    is_lone = run.kind == "zero-width" and not run.encodes
    return Severity.CRITICAL if is_code and not is_lone else Severity.MEDIUM


def _related(text: Text, run: Run) -> Related:
    alone = _Group()
    alone.add(text, run)
    return Related(place=text.place(run.start, run.end), message=_message(run.kind, alone), fixes=(_strip(text, run),))


def _strip(text: Text, run: Run) -> Fix:
    edit = ReplaceText(place=text.place(run.start, run.end), text="")
    return Fix(title="Remove the invisible characters", safety=Safety.SAFE, edits=(edit,))


def _message(kind: str, group: _Group) -> str:
    """Names the characters by their numbers: shown, they would do what they are reported for."""
    facts = kinds()[kind]
    named = ", ".join(f"U+{ord(character):04X}" for character in sorted(group.seen)[:_MOST_NAMED])
    more = " and others" if len(group.seen) > _MOST_NAMED else ""
    what = facts.what if group.number > 1 else facts.what.removesuffix("s")
    return f"{group.number} invisible {what} ({named}{more}): {facts.why}"
