"""Finds what Markdown shows as code, and so does not render."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field

_FENCE = re.compile(r"([ ]*)(`{3,}|~{3,})(.*)")
_NESTED_FENCE = re.compile(r"[\s>*+\-\d.)]*(?:`{3}|~{3})")
_BACKTICKS = re.compile("`+")
_TOKEN = re.compile(r"`+|\\[\s\S]?|\$|<[a-zA-Z/!?]")
# HTML that goes on behind an empty line: comments, declarations and elements whose content is no Markdown.
_LASTING = re.compile(r"<(?:[!?]|(?:script|pre|style|textarea)\b)", re.IGNORECASE)


def code_spans(text: str) -> list[tuple[int, int]]:
    """The spans of fenced blocks and of code within a line, in order.

    Only what every reader of Markdown takes for code: what stands behind raw HTML, mathematics or a fence that could be
    read in two ways is left out, for a hostile text may be made to be read wrongly.
    """
    found = _Spans(text=text)
    if "\r" in text:
        return []
    start = 0
    for line in text.split("\n"):
        found.read_line(start, line)
        start += len(line) + 1
    return found.finish()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fence:
    indentation: int
    marker: str
    content: int


@dataclass(kw_only=True)
class _Spans:
    """Reads line by line. `paragraph`: where the lines since the last empty one begin; None between paragraphs."""

    text: str
    spans: list[tuple[int, int]] = field(default_factory=list)
    paragraph: int | None = None
    fence: _Fence | None = None
    doubtful: bool = False

    def read_line(self, start: int, line: str) -> None:
        match = _FENCE.match(line)
        if self.doubtful:
            return
        if self.fence is not None:
            self._read_fenced(start, line, match, self.fence)
        elif match and not ("`" in match[3] and match[2][0] == "`"):
            self._open(start + len(line), start, match)
        elif match is None and _NESTED_FENCE.match(line):
            self._end_paragraph(start)
            self.doubtful = True  # where the list or the quotation ends, it ends
        elif not line.strip(" \t"):
            self._end_paragraph(start)
        elif self.paragraph is None:
            self.paragraph = start

    def finish(self) -> list[tuple[int, int]]:
        if self.fence is not None:
            self.spans.append((self.fence.content, len(self.text)))
        elif not self.doubtful:
            self._end_paragraph(len(self.text))
        return self.spans

    def _open(self, content: int, start: int, match: re.Match[str]) -> None:
        indented = len(match[1]) > 3 and self.paragraph is not None
        plain = self._end_paragraph(start)
        if indented or not plain:
            self.doubtful = True
        if not self.doubtful:
            self.fence = _Fence(indentation=len(match[1]), marker=match[2], content=content)

    def _read_fenced(self, start: int, line: str, match: re.Match[str] | None, fence: _Fence) -> None:
        outside = bool(line.strip(" \t")) and len(line) - len(line.lstrip(" ")) < fence.indentation
        closes = match is not None and match[2].startswith(fence.marker) and not match[3].strip()
        if outside or closes:
            self.spans.append((fence.content, start))
            self.fence = None
            # A list that ends may end the fence with it; a deeper fence may close this one or not.
            self.doubtful = outside or (match is not None and len(match[1]) != fence.indentation)

    def _end_paragraph(self, end: int) -> bool:
        """Collect the code within its lines; False where something in it may be read in two ways."""
        start, self.paragraph = self.paragraph, None
        plain = start is None or self._read_paragraph(start, end)
        if start is not None and not plain and _LASTING.search(self.text, start, end):
            self.doubtful = True
        return plain

    def _read_paragraph(self, at: int, end: int) -> bool:
        runs: dict[int, list[int]] = {}
        for match in _BACKTICKS.finditer(self.text, at, end):
            runs.setdefault(len(match[0]), []).append(match.start())
        while token := _TOKEN.search(self.text, at, end):
            if token[0][0] != "`":
                return False
            size, at = len(token[0]), token.end()
            partners = runs[size]
            number = bisect_left(partners, at)
            if number == len(partners):
                continue
            inside = self.text[at : partners[number]]
            if "\n" in inside or "|" in inside:
                return False
            self.spans.append((at, partners[number]))
            at = partners[number] + size
        return True
