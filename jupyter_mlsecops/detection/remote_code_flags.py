"""Where commands and configuration files allow code from a model's repository to run."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from typing import TYPE_CHECKING

from jupyter_mlsecops.detection.code_edits import remove_item, remove_words
from jupyter_mlsecops.findings import Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.hub_ids import is_hub_id
from jupyter_mlsecops.flows.pinning import is_commit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.shell.commands import Command, Word

MAX_LINE = 300  # characters of a line that are looked at
NAME = "trust_remote_code"
VARIABLES = frozenset({
    "HF_TRUST_REMOTE_CODE", "ENABLE_TRUST_REMOTE_CODE", "TRUST_REMOTE_CODE", "OPTION_TRUST_REMOTE_CODE", "VLLM_TRUST_REMOTE_CODE", "HF_DATASETS_TRUST_REMOTE_CODE",
    "SGLANG_TRUST_REMOTE_CODE",
})  # fmt: skip
MESSAGE = "code from the repository runs with your rights"
BY_HAND = Fix(title="Remove it, or pin the commit whose code you read", safety=Safety.MANUAL)
_FLAGS = ("--trust-remote-code", "--trust_remote_code")
_YES = frozenset({"true", "1", "yes", "on"})
_NO = frozenset({"false", "0", "no", "off"})
_IN_TEXT = re.compile(
    r"""["']?(?:[A-Za-z]{1,20}[._]){0,2}trust[_-]remote[_-]code["']?[ \t]*[:=][ \t]*["']?(?:true|1|yes)\b|--trust[_-]remote[_-]code(?![\w-])(?![ \t="',]*(?:false|0|no)\b)""",
    re.IGNORECASE,
)
_IN_WORD = re.compile(
    r"""(?:^|[,{\s"';])(?:[A-Za-z]{1,20}[._]){0,2}trust[_-]remote[_-]code["']?\s*[:=]\s*["']?(?:true|1|yes)\b""",
    re.IGNORECASE,
)
_MODEL_OPTIONS = frozenset({
    "--model", "--model-id", "--model_id", "--model-path", "--model_name_or_path", "--model-name-or-path", "--model_name", "--model-name", "--pretrained", "--repo-id", "-m",
    "--dataset_name", "--dataset",
})  # fmt: skip


def is_on(value: object) -> bool:
    """Whether a constant says yes."""
    return (
        value is True or (isinstance(value, int) and value == 1) or (isinstance(value, str) and value.lower() in _YES)
    )


def flags(code: Code) -> Iterator[Hit]:
    """The flag in commands, in lists of arguments, and in the arguments of evaluation tools."""
    spans: set[int] = set()
    for command in code.commands:
        for first, last, name in _given(command):
            start, end = first.span(0, len(first.text))
            spans.add(start)
            edit = remove_words(code, first, last) if name in _FLAGS else None
            fix = Fix(title=f"Remove {name}", safety=Safety.UNSAFE, edits=(edit,)) if edit else BY_HAND
            severity = Severity.MEDIUM if _is_pinned(command) else Severity.HIGH
            yield Hit(
                at=code.place(start, end),
                message=f"`{name}`: {MESSAGE}",
                severity=severity,
                fixes=(fix,),
                subject=_model(command),
            )
        yield from _documents(code, command)
    for node in code.nodes(ast.List, ast.Tuple, ast.Call):
        yield from _listed(code, node, spans)


def _given(command: Command) -> Iterator[tuple[Word, Word, str]]:
    """The words that hold the flag: the first, the last (its value may be a word of its own), and what to call it."""
    words = command.words
    for number, word in enumerate(words):
        flag, separator, value = word.text.partition("=")
        following = words[number + 1] if number + 1 < len(words) and not separator else None
        said = value.lower() if separator else following.text.lower() if following else ""
        if flag in _FLAGS and said not in _NO:
            yield word, following if following and said in _YES else word, flag
        elif flag not in _FLAGS and _IN_WORD.search(word.text):
            yield word, word, NAME


def _is_pinned(command: Command) -> bool:
    texts = [word.text for word in command.words]
    return any(is_commit(text.partition("=")[2]) for text in texts if text.startswith("--revision=")) or any(
        is_commit(after) for text, after in pairwise(texts) if text == "--revision"
    )


def _model(command: Command) -> str:
    """The repository that a command speaks of; "" where none is seen."""
    texts = [word.text for word in command.words]
    for number, text in enumerate(texts):
        name, separator, value = text.partition("=")
        given = value if separator else texts[number + 1] if number + 1 < len(texts) else ""
        if name in _MODEL_OPTIONS and "/" in given and is_hub_id(given):
            return given
    return next((text for text in texts[1:] if "/" in text and is_hub_id(text)), "")


def _documents(code: Code, command: Command) -> Iterator[Hit]:
    """What a here-document writes into a file."""
    for redirect in command.redirects:
        if redirect.body and redirect.body_start >= 0:
            for match in _matches(redirect.body):
                start = redirect.body_start + match.start()
                yield Hit(at=code.place(start, start + len(match[0])), message=f"`{NAME}`: {MESSAGE}", fixes=(BY_HAND,))


def _listed(code: Code, node: ast.AST, spans: set[int]) -> Iterator[Hit]:
    """The flag among arguments that are handed to a container or a process elsewhere."""
    items: list[ast.expr] = []
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            items = elements
        case ast.Call(func=ast.Attribute(attr="append"), args=arguments):
            items = arguments
    for item in items:
        if (
            not isinstance(item, ast.Constant)
            or not isinstance(item.value, str)
            or item.value.partition("=")[0] not in _FLAGS
        ):
            continue
        start, end = code.literal_span(item)
        if start in spans or item.value.partition("=")[2].lower() in _NO:
            continue
        whole = code.span(item)
        fix = BY_HAND
        if not isinstance(node, ast.Call):
            fix = Fix(
                title=f"Remove {item.value}", safety=Safety.UNSAFE, edits=(remove_item(code, *whole, *code.span(node)),)
            )
        yield Hit(at=code.place(start, end), message=f"`{item.value}`: {MESSAGE}", fixes=(fix,))


def texts(code: Code) -> Iterator[Hit]:
    """The setting in a configuration file that a cell writes."""
    if code.kind == "text" and code.file is not None:
        for match in _matches(code.text):
            yield Hit(at=code.place(*match.span()), message=f"`{NAME}`: {MESSAGE}", fixes=(BY_HAND,))


def _matches(text: str) -> Iterator[re.Match[str]]:
    """The places in a configuration that say yes; comments left out."""
    for match in _IN_TEXT.finditer(text):
        before = text[max(0, match.start() - MAX_LINE) : match.start()]
        line = before.rpartition("\n")[2].lstrip()
        if not line.startswith(("#", "//", ";")):
            yield match
