"""Security for notebooks."""

from jupyter_mlsecops.version import __version__

__all__ = ["__version__"]
