"""Finds what Markdown shows as code, and so does not render."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_FENCE = re.compile(r"([ ]*)(`{3,}|~{3,})(.*)")
_TOKEN = re.compile(r"`+|\\[\s\S]?|\$|<[a-zA-Z/!?]")
# HTML that goes on behind an empty line: comments, declarations and elements whose content is no Markdown.
_LASTING = re.compile(r"<(?:[!?]|(?:script|pre|style|textarea)\b)", re.IGNORECASE)


def code_spans(text: str) -> list[tuple[int, int]]:
    """The spans of fenced blocks and of code within a line, in order.

    Only what every reader of Markdown takes for code: what stands behind raw HTML, mathematics or a fence that could be
    read in two ways is left out, for a hostile text may be made to be read wrongly.
    """
    found = _Spans(text=text)
    start = 0
    for line in text.splitlines(keepends=True):
        found.read_line(start, line)
        start += len(line)
    return found.finish()


@dataclass(kw_only=True)
class _Spans:
    """Reads line by line. `paragraph`: where the lines since the last empty one begin; None between paragraphs."""

    text: str
    spans: list[tuple[int, int]] = field(default_factory=list)
    paragraph: int | None = None
    fence: tuple[int, str, int] | None = None  # indentation, marker, start of the content
    doubtful: bool = False

    def read_line(self, start: int, line: str) -> None:
        match = _FENCE.match(line)
        if self.doubtful:
            return
        if self.fence is not None:
            self._read_fenced(start, line, match, *self.fence)
        elif match and not ("`" in match[3] and match[2][0] == "`"):
            self._open(start + len(line), start, match)
        elif not line.strip():
            self._end_paragraph(start)
        elif self.paragraph is None:
            self.paragraph = start

    def finish(self) -> list[tuple[int, int]]:
        if self.fence is not None:
            self.spans.append((self.fence[2], len(self.text)))
        elif not self.doubtful:
            self._end_paragraph(len(self.text))
        return self.spans

    def _open(self, content: int, start: int, match: re.Match[str]) -> None:
        indented = len(match[1]) > 3 and self.paragraph is not None
        plain = self._end_paragraph(start)
        if indented or not plain:
            self.doubtful = True
        if not self.doubtful:
            self.fence = (len(match[1]), match[2], content)

    def _read_fenced(
        self, start: int, line: str, match: re.Match[str] | None, indentation: int, marker: str, content: int
    ) -> None:
        blank = not line.strip()
        outside = not blank and len(line) - len(line.lstrip(" ")) < indentation
        closes = match is not None and match[2].startswith(marker) and not match[3].strip()
        if outside or (closes and match is not None and len(match[1]) != indentation):
            # A list that ends may end the fence with it; a deeper fence may close it or not.
            self.spans.append((content, start))
            self.fence, self.doubtful = None, True
        elif closes:
            self.spans.append((content, start))
            self.fence = None

    def _end_paragraph(self, end: int) -> bool:
        """Collect the code within its lines; False where something in it may be read in two ways."""
        start, self.paragraph = self.paragraph, None
        if start is None:
            return True
        at = start
        runs = self._runs(start, end)
        while token := _TOKEN.search(self.text, at, end):
            if token[0][0] != "`":
                self.doubtful = _LASTING.search(self.text, token.start(), end) is not None
                return False
            close = next((run for run in runs.get(len(token[0]), ()) if run >= token.end()), -1)
            if close < 0:
                at = token.end()
                continue
            inside = self.text[token.end() : close]
            if "\n" in inside or "|" in inside:
                return False
            self.spans.append((token.end(), close))
            at = close + len(token[0])
        return True

    def _runs(self, start: int, end: int) -> dict[int, list[int]]:
        """Where the runs of backticks stand, by their length."""
        runs: dict[int, list[int]] = {}
        for match in re.compile("`+").finditer(self.text, start, end):
            runs.setdefault(len(match[0]), []).append(match.start())
        return runs
