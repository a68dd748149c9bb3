"""Which options of the package installers take a value, and what their short letters stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """The options of one program.

    `valued`: long names that take a value. `letters`: what a short option stands for. `flags`: long names that take
    none although a longer name that begins so does (pip understands abbreviations). `requirements`: options whose
    value is a requirement. `files`: options whose value is a file of requirements.
    """

    valued: frozenset[str]
    letters: Mapping[str, str]
    flags: frozenset[str] = frozenset()
    requirements: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    abbreviates: bool = False


PIP = Grammar(
    valued=frozenset(
        {
            "--abi", "--build", "--build-constraint", "--cache-dir", "--cert", "--client-cert", "--config-setting",
            "--config-settings", "--constraint", "--dest", "--destination-dir", "--default-timeout", "--editable",
            "--exists-action", "--extra-index-url", "--find-links", "--global-option", "--group", "--hash", "--implementation",
            "--index-url", "--install-option", "--keyring-provider", "--local-log", "--log", "--log-file", "--no-binary",
            "--only-binary", "--platform", "--prefix", "--progress-bar", "--proxy", "--pypi-url", "--python",
            "--python-version", "--report", "--requirement", "--requirements-from-script", "--resume-retries", "--retries",
            "--root", "--root-user-action", "--source", "--source-dir", "--source-directory", "--src", "--target", "--timeout",
            "--trusted-host", "--upgrade-strategy", "--uploaded-prior-to", "--use-deprecated", "--use-feature", "--wheel-dir",
        }
    ),
    letters={
        "C": "--config-settings", "I": "--ignore-installed", "U": "--upgrade", "V": "--version", "b": "--build",
        "c": "--constraint", "d": "--dest", "e": "--editable", "f": "--find-links", "h": "--help", "i": "--index-url",
        "q": "--quiet", "r": "--requirement", "t": "--target", "v": "--verbose", "w": "--wheel-dir", "y": "--yes",
    },
    flags=frozenset(
        {
            "--all-releases", "--break-system-packages", "--check-build-dependencies", "--compile", "--debug",
            "--disable-pip-version-check", "--dry-run", "--force-reinstall", "--help", "--ignore-installed",
            "--ignore-requires-python", "--isolated", "--no-build-isolation", "--no-cache-dir", "--no-clean", "--no-color",
            "--no-compile", "--no-dependencies", "--no-deps", "--no-index", "--no-input", "--no-python-version-warning",
            "--no-use-pep517", "--no-warn-conflicts", "--no-warn-script-location", "--only-final", "--pre", "--prefer-binary",
            "--quiet", "--require-hashes", "--require-virtualenv", "--upgrade", "--use-pep517", "--user", "--verbose",
            "--version",
        }
    ),
    requirements=frozenset({"--editable"}),
    files=frozenset({"--requirement", "--requirements-from-script"}),
    abbreviates=True,
)  # fmt: skip

_UV_VALUED = frozenset(
    {
        "--allow-insecure-host", "--bounds", "--branch", "--build-constraint", "--build-constraints", "--cache-dir", "--color",
        "--config-file", "--config-setting", "--config-settings", "--config-settings-package", "--constraint", "--constraints",
        "--default-index", "--directory", "--editable", "--env-file", "--exclude-newer", "--exclude-newer-package", "--extra",
        "--extra-index-url", "--find-links", "--fork-strategy", "--from", "--group", "--index", "--index-strategy",
        "--index-url", "--keyring-provider", "--link-mode", "--marker", "--module", "--no-binary", "--no-binary-package",
        "--no-build-isolation-package", "--no-build-package", "--no-extra", "--no-group", "--no-sources-package",
        "--only-binary", "--only-group", "--optional", "--output-format", "--overrides", "--override", "--package", "--prefix",
        "--prerelease", "--project", "--python", "--python-platform", "--python-version", "--refresh-package",
        "--reinstall-package", "--requirement", "--requirements", "--resolution", "--rev", "--script", "--tag", "--target",
        "--torch-backend", "--trusted-host", "--upgrade-package", "--with", "--with-editable", "--with-executables-from",
        "--with-requirements",
    }
)  # fmt: skip
_UV_LETTERS = {
    "C": "--config-setting", "P": "--upgrade-package", "U": "--upgrade", "b": "--build-constraints", "c": "--constraints",
    "e": "--editable", "f": "--find-links", "i": "--index-url", "m": "--module", "n": "--no-cache", "p": "--python",
    "q": "--quiet", "r": "--requirement", "t": "--target", "v": "--verbose", "w": "--with", "y": "--yes",
}  # fmt: skip
UV = Grammar(
    valued=_UV_VALUED,
    letters=_UV_LETTERS,
    requirements=frozenset({"--editable", "--with", "--with-editable", "--from"}),
    files=frozenset({"--requirement", "--requirements", "--with-requirements"}),
)
UV_ADD = Grammar(
    valued=_UV_VALUED,
    letters=_UV_LETTERS | {"m": "--marker"},
    requirements=frozenset({"--with", "--with-editable"}),
    files=frozenset({"--requirement", "--requirements", "--with-requirements"}),
)

CONDA = Grammar(
    valued=frozenset(
        {
            "--cacert-path", "--channel", "--channel-alias", "--clone", "--console", "--env-spec", "--environment-specifier",
            "--experimental-solver", "--extra-safety-checks", "--file", "--log-level", "--name", "--platform", "--prefix",
            "--rc-file", "--repodata-fn", "--revision", "--root-prefix", "--safety-checks", "--solver", "--subdir",
        }
    ),
    letters={
        "C": "--use-index-cache", "S": "--satisfied-skip-solve", "c": "--channel", "d": "--dry-run", "f": "--file", "h": "--help",
        "k": "--insecure", "m": "--mkdir", "n": "--name", "p": "--prefix", "q": "--quiet", "r": "--root-prefix",
        "v": "--verbose", "y": "--yes",
    },
    files=frozenset({"--file"}),
)  # fmt: skip

POETRY = Grammar(
    valued=frozenset(
        {
            "--directory", "--extras", "--group", "--markers", "--optional-group", "--platform", "--project", "--python",
            "--source",
        }
    ),
    letters={"C": "--directory", "D": "--dev", "E": "--extras", "G": "--group", "P": "--project", "e": "--editable"},
    requirements=frozenset({"--editable"}),
)  # fmt: skip
PDM = Grammar(
    valued=frozenset({"--group", "--lockfile", "--project", "--venv", "--config", "--override"}),
    letters={"G": "--group", "L": "--lockfile", "p": "--project", "e": "--editable", "c": "--config"},
)
PIPENV = Grammar(
    valued=frozenset(
        {"--categories", "--editable", "--extra-pip-args", "--index", "--pypi-mirror", "--python", "--requirements"}
    ),
    letters={"e": "--editable", "i": "--index", "r": "--requirements"},
    requirements=frozenset({"--editable"}),
    files=frozenset({"--requirements"}),
)
PIPX = Grammar(
    valued=frozenset(
        {"--index-url", "--pip-args", "--preinstall", "--python", "--spec", "--suffix", "--with", "--backend"}
    ),
    letters={"e": "--editable", "i": "--index-url", "f": "--force"},
    requirements=frozenset({"--spec", "--with", "--preinstall"}),
)
EASY_INSTALL = Grammar(
    valued=frozenset(
        {"--allow-hosts", "--build-directory", "--find-links", "--index-url", "--install-dir", "--prefix", "--record"}
        | {"--script-dir", "--site-dirs"}
    ),
    letters={
        "H": "--allow-hosts", "b": "--build-directory", "d": "--install-dir", "f": "--find-links", "i": "--index-url",
        "s": "--script-dir", "U": "--upgrade",
    },
)  # fmt: skip
