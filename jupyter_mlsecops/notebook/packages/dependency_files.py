"""What a file of dependencies has installed, whatever its format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_mlsecops.notebook.packages.conda_file import read_conda_file
from jupyter_mlsecops.notebook.packages.pyproject_file import read_pyproject, read_script_metadata
from jupyter_mlsecops.notebook.packages.requirements_file import read_requirements_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jupyter_mlsecops.notebook.file_kinds import DependencyKind
    from jupyter_mlsecops.notebook.packages.installs import Install

_READERS: Mapping[DependencyKind, Callable[[str], tuple[Install, ...]]] = {
    "requirements": lambda text: (read_requirements_file(text),),
    "wanted": lambda text: (read_requirements_file(text, verb="depend"),),
    "constraints": lambda text: (read_requirements_file(text, verb="constrain"),),
    "conda": read_conda_file,
    "pyproject": read_pyproject,
}


__all__ = ["declared_installs", "read_script_metadata"]


def declared_installs(kind: DependencyKind, text: str) -> tuple[Install, ...]:
    """The installs that a file stands for; positions are those of `text`.

    Their verb says what the file is for: "install" its packages as they are; "depend": what an installer or a lock
    file chooses from; "constrain": nothing is installed by it alone.
    """
    return _READERS[kind](text)
