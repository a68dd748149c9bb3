"""The language of a notebook's kernel, from metadata that is often incomplete."""

from __future__ import annotations

from typing import Any

from jupyter_mlsecops.notebook.formats.texts import decoded, known_members

_ALIASES = {"ipython": "python", "ipython2": "python", "ipython3": "python", "python2": "python", "python3": "python"}
# Kernels are named freely; these are the names that their own installers give.
_KERNELS = {
    "ir": "r", "irkernel": "r", "julia": "julia", "bash": "bash", "calysto_bash": "bash", "javascript": "javascript",
    "jslab": "javascript", "tslab": "typescript", "deno": "typescript", "scala": "scala", "almond": "scala",
    "sparkkernel": "scala", "rust": "rust", "gophernotes": "go", "ruby": "ruby", "java": "java", "kotlin": "kotlin",
    "octave": "octave", "matlab": "matlab", "sas": "sas", "haskell": "haskell", "xcpp11": "c++", "xcpp14": "c++",
    "xcpp17": "c++", "xcpp20": "c++", ".net-csharp": "c#", ".net-fsharp": "f#", ".net-powershell": "powershell",
    "xsqlite": "sql", "perl": "perl", "lua": "lua",
}  # fmt: skip


def read_language(metadata: object) -> str:
    """Lower case; "python" where the metadata names none."""
    notebook = known_members(metadata)
    kernel = known_members(notebook.kernelspec)
    language = known_members(notebook.language_info).name
    return _word(language) or _word(kernel.language) or _of_kernel(_word(kernel.name)) or "python"


def _word(value: object) -> str:
    name: Any = decoded(value)
    word = name.strip().lower() if isinstance(name, str) else ""
    return _ALIASES.get(word, word)


def _of_kernel(name: str) -> str:
    """A kernel's name may end in a version: julia-1.9."""
    return _KERNELS.get(name) or _KERNELS.get(name.partition("-")[0], "")
