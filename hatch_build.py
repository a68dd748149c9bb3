"""Decides whether the JupyterLab extension is built, before the hook that builds it is asked.

Runs before `jupyter-builder` (see pyproject.toml), which looks at SKIP_JUPYTER_BUILDER.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIP = "SKIP_JUPYTER_BUILDER"
NEEDED = (20, 19)
SHARED_FOLDER = "share/jupyter/labextensions/jupyter-mlsecops"

_BUILT = Path("jupyter_mlsecops", "labextension", "static", "style.js")
_VERSION = re.compile(r"v(\d+)\.(\d+)")


class LabExtensionHook(BuildHookInterface):  # type: ignore[type-arg]
    """Skips the build where nobody can see JupyterLab or it is built already; says what is missing where it cannot be."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before anything is built."""
        if self.target_name not in {"wheel", "sdist"}:
            return
        is_built = Path(self.root, _BUILT).is_file()
        if os.environ.get("PRE_COMMIT"):
            os.environ[SKIP] = "1"
        if not os.environ.get(SKIP):
            problem = node_problem()
            if problem and not is_built:
                raise RuntimeError(advice(problem))
            if problem and version == "editable":
                self.app.display_warning(f"{problem}: the JupyterLab extension stays as it was built before.")
                os.environ[SKIP] = "1"
        if self.target_name == "wheel" and (is_built or not os.environ.get(SKIP)):
            # It describes the extension: without one it would stand there alone.
            build_data["shared_data"]["install.json"] = f"{SHARED_FOLDER}/install.json"


def node_problem() -> str:
    """What is wrong with this machine's Node.js; "" where nothing is."""
    needed = ".".join(map(str, NEEDED))
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return (
            f"Node.js {needed} or newer with npm is needed, and {'node' if node is None else 'npm'} is not on the PATH"
        )
    said = subprocess.run([node, "--version"], check=False, capture_output=True, text=True).stdout.strip()  # noqa: S603
    found = _VERSION.match(said)
    if found is None or tuple(map(int, found.groups())) < NEEDED:
        return f"Node.js {needed} or newer is needed, and {node} is {said or 'none that answers'}"
    return ""


def advice(problem: str) -> str:
    """What somebody can do about it."""
    return (
        f"The JupyterLab extension cannot be built: {problem}.\n"
        "Either install Node.js (https://nodejs.org, or your distribution's packages nodejs and npm) and try again,\n"
        "or install the command line and the server part alone, without what is seen in JupyterLab:\n"
        f'    {SKIP}=1 pip install .        (for development: {SKIP}=1 pip install -e ".[test]")\n'
        "Released packages hold the built extension and need no Node.js."
    )
