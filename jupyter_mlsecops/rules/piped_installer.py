r"""Find what the network answers being piped into an interpreter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_mlsecops.fetches import Fetch, fetches
from jupyter_mlsecops.findings import Confidence, Fix, Hit, Safety, Severity
from jupyter_mlsecops.hosts import host_of, is_private
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.pinning import Strength, url_strength
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.notebook.code import Code
    from jupyter_mlsecops.notebook.shell import Command, Pipeline

_PASSES_ON = frozenset({"tee", "cat", "gunzip", "gzip", "zcat", "base64", "sed", "tr", "head", "tail", "bunzip2", "xz", "dos2unix", "envsubst", "openssl"})
_FIX = Fix(title="Download it, compare its SHA-256, then run it", safety=Safety.MANUAL)


@code_rule(
    category="execution", severity=Severity.HIGH, confidence=Confidence.HIGH, cwe=(494, 78), owasp=("ML06", "LLM03"), atlas=("AML.T0010.001",),
    triggers=("curl", "wget", "http ", "fetch"),
)  # fmt: skip
def piped_installer(code: Code) -> Iterator[Hit]:
    r"""What the network answers is piped into an interpreter: `curl … | sh`.

    ## What it sees

    `curl` or `wget` in a pipeline that ends in `sh`, `bash`, `python` and the like, which then run what they read; `bash <(curl …)`,
    `sh -c "$(curl …)"`, `eval "$(curl …)"`, `source <(curl …)`; in cells, `%%bash`, `os.system` and scripts that a cell writes.
    `python -m json.tool` and `python -c …` read data, and are left alone.

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
    for pipeline in code.pipelines:
        for start, end, url in _piped(code, pipeline):
            host = host_of(url)
            yield Hit(
                at=code.place(start, end),
                message=f"whatever {host or 'the server'} answers is run at once",
                fixes=(_FIX,),
                subject=url,
            )


def _piped(code: Code, pipeline: Pipeline) -> Iterator[tuple[int, int, str]]:
    urls = {id(fetch.command): fetch for fetch in fetches(code) if fetch.source == "url" and fetch.command is not None}
    source: Fetch | None = None
    for command in pipeline.commands:
        if fetch := urls.get(id(command)):
            source = fetch if fetch.target is None and _is_risky(fetch) else None
        elif source is not None and _reads_script(command):
            yield pipeline.start, command.end, source.url or ""
            source = None
        elif command.program not in _PASSES_ON:
            source = None
        yield from _substituted(command)


def _is_risky(fetch: Fetch) -> bool:
    return not (fetch.url and (fetch.pinned or is_private(fetch.url)))


def _reads_script(command: Command) -> bool:
    """Whether an interpreter runs what stands on its input."""
    if command.program not in table("runners")["interpreters"]:
        return False
    texts = [word.text for word in command.arguments]
    if command.program in ("sh", "bash", "zsh", "dash", "ksh", "ash"):
        if "-s" in texts or "-" in texts or "/dev/stdin" in texts:
            return True
        return not any(text == "-c" or not text.startswith("-") for text in texts)
    return not [text for text in texts if text not in ("-", "/dev/stdin", "-u", "-E", "-I", "--no-save", "--vanilla", "--slave")]


def _substituted(command: Command) -> Iterator[tuple[int, int, str]]:
    """`bash <(curl …)`, `sh -c "$(curl …)"`, `eval "$(curl …)"`."""
    runs = command.program in table("runners")["interpreters"] or command.program in ("eval", "source", ".", "exec")
    if not runs:
        return
    for word in command.arguments:
        for segment in word.segments:
            for pipeline in segment.pipelines:
                for inner in pipeline.commands:
                    url = next((w.text for w in inner.arguments if "://" in w.text), "")
                    if inner.program in ("curl", "wget") and url and url_strength(url) is not Strength.STRONG and not is_private(url):
                        yield command.start, command.end, url
                        return
