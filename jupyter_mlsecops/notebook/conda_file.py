"""An environment.yml."""

from __future__ import annotations

from jupyter_mlsecops.notebook.installs import Install


def read_conda_file(text: str) -> tuple[Install, ...]:
    """To come."""
    del text
    return ()
