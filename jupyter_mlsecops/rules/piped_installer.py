r"""Find what the network answers being piped into an interpreter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.flows.command_fetches import command_fetch
from jupyter_mlsecops.flows.hosts import host_of, is_private
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.shell.commands import inner_script
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.shell.commands import Command, Pipeline

_PASSES_ON = frozenset(
    {
        "tee",
        "cat",
        "gunzip",
        "gzip",
        "zcat",
        "base64",
        "sed",
        "tr",
        "head",
        "tail",
        "bunzip2",
        "xz",
        "dos2unix",
        "envsubst",
        "openssl",
    }
)
_SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh", "ash"})
_QUIET = frozenset({"-u", "-E", "-I", "-B", "-q", "--no-save", "--vanilla", "--slave", "--no-init-file"})
MAX_DEPTH = 5
_FIX = Fix(title="Download it, compare its SHA-256, then run it", safety=Safety.MANUAL)


@code_rule(
    category="execution", severity=Severity.HIGH, confidence=Confidence.HIGH, cwe=(494, 78), owasp=("ML06", "LLM03"), atlas=("AML.T0010.001",),
    triggers=("curl", "wget", "http ", "aria2c", "irm", "iwr", "Invoke-"),
)  # fmt: skip
def piped_installer(code: Code) -> Iterator[Hit]:
    r"""What the network answers is piped into an interpreter: `curl … | sh`.

    ## What it sees

    `curl` or `wget` in a pipeline that ends in `sh`, `bash`, `python` and the like, which then run what they read; `bash <(curl …)`,
    `sh -c "$(curl …)"`, `eval "$(curl …)"`, `source <(curl …)`; in cells, `%%bash`, `os.system` and scripts that a cell writes.
    `python -m json.tool`, `python -c …` and tools such as `jq` read data, and are left alone.

    ## Why it matters

    Whatever the server answers, to you and today, runs with your rights and leaves nothing to look at (CWE-494, CWE-78; OWASP ML06 and LLM03;
    MITRE ATLAS AML.T0010.001).

    ## What to do

    Download the script, compare its SHA-256 with the one that you reviewed, then run it; better, install a pinned package.

    ## Examples

    ```python bad
    !curl -fsSL https://get.example.org/install.sh | sh
    ```

    ```python bad
    %%bash
    bash <(curl -s https://get.example.org/install.sh) --yes
    ```

    ```python good
    !curl -s https://api.example.org/status | python -m json.tool
    ```

    ## References

    - <https://cwe.mitre.org/data/definitions/494.html>
    """
    for pipeline in _pipelines(code.pipelines):
        for start, end, url in _piped(code, pipeline):
            yield Hit(
                at=code.place(start, end),
                message=f"whatever {host_of(url) or 'the server'} answers is run at once",
                fixes=(_FIX,),
                subject=url,
            )


def _pipelines(pipelines: tuple[Pipeline, ...], depth: int = 0) -> Iterator[Pipeline]:
    """All pipelines, those in `sh -c "…"` too."""
    for pipeline in pipelines:
        yield pipeline
        for command in pipeline.commands if depth < MAX_DEPTH else ():
            yield from _pipelines(inner_script(command), depth + 1)


def _piped(code: Code, pipeline: Pipeline) -> Iterator[tuple[int, int, str]]:
    source: str | None = None
    for command in pipeline.commands:
        if source is not None and _reads_script(command):
            yield pipeline.start, command.end, source
            source = None
        elif source is None or command.program not in _PASSES_ON:
            source = _answer(code, command)
        yield from _substituted(code, command)


def _answer(code: Code, command: Command) -> str | None:
    """The URL whose answer a command writes to its output; None where it does not, or where that is as expected."""
    for fetch in command_fetch(code, command, piped=True):
        if fetch.source == "url" and fetch.target is None and not fetch.pinned and not is_private(fetch.url or ""):
            return fetch.url or ""
    return None


def _reads_script(command: Command) -> bool:
    """Whether an interpreter runs what stands on its input."""
    if command.program not in table("runners")["interpreters"]:
        return False
    texts = [word.text for word in command.arguments]
    if command.program in _SHELLS:
        if "-s" in texts or "-" in texts or "/dev/stdin" in texts:
            return True
        return not any((text.startswith("-") and text.endswith("c")) or not text.startswith("-") for text in texts)
    if "-" in texts[:1] or "/dev/stdin" in texts[:1]:
        return True
    return not [text for text in texts if text not in _QUIET]


def _substituted(code: Code, command: Command) -> Iterator[tuple[int, int, str]]:
    """`bash <(curl …)`, `bash < <(curl …)`, `sh -c "$(curl …)"`, `eval "$(curl …)"`, and `$(curl …)` as a command."""
    words = list(command.words[:1])
    if command.program in table("runners")["interpreters"] or command.program in ("eval", "source", ".", "exec"):
        words += command.arguments
        words += [
            redirect.target
            for redirect in command.redirects
            if redirect.operator in ("<", "<<<") and redirect.target is not None
        ]
    for word in words:
        for segment in word.segments:
            for pipeline in segment.pipelines:
                for inner in pipeline.commands:
                    url = _answer(code, inner)
                    if url is not None:
                        yield command.start, command.end, url
                        return
