"""Find places that packages come from that somebody else may speak for."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from jupyter_mlsecops.detection import package_indexes
from jupyter_mlsecops.detection.package_indexes import UNSAFE_STRATEGIES, origins
from jupyter_mlsecops.findings import Confidence, Fix, Hit, ReplaceText, Safety, Severity
from jupyter_mlsecops.flows.hosts import host_of, is_private
from jupyter_mlsecops.notebook.shell.commands import HOLE
from jupyter_mlsecops.rule import code_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_mlsecops.detection.package_indexes import Origin
    from jupyter_mlsecops.notebook.code import Code

_REMOVE = "Remove it; for a private authority, name its certificate with --cert"
_BLANKS = re.compile(r"[ \t]*\Z")
_MOST_SHOWN = 100


@code_rule(
    category="packages", severity=Severity.MEDIUM, confidence=Confidence.HIGH, cwe=(427, 494), owasp=("ML06", "LLM03"), atlas=("AML.T0010.001",),
    triggers=("pip", "PIP_", "install", "uv", "UV_", "conda", "mamba", "requirement", "poetry", "registry"),
)  # fmt: skip
def untrusted_index(code: Code) -> Iterator[Hit]:
    r"""Packages come from an index that others can speak for.

    ## What it sees

    In options, variables of the environment, `pip config`, `pip.conf` and files of requirements: an index over `http`, the test instance of the public index, and
    `--trusted-host` (**high**); an extra index or a page of links beside the public one with a package that has no exact version, and uv's `unsafe-best-match` (**medium**; **low** where all is
    exact, and for tools that keep indexes apart); channels of conda that few know (**low**). The pages of vendors, with exact versions or
    as the only index, and a mirror as the only index, are info. The public index itself, folders and this machine are left alone.

    ## Why it matters

    pip takes the highest version that any of its indexes has. Whoever registers the name on the public one gets in: so it happened to PyTorch's nightly builds in
    2022 (CWE-427, CWE-494; OWASP ML06 and LLM03; MITRE ATLAS AML.T0010.001). Without TLS, whoever is on the path is the index.

    ## What to do

    One index, over https, that mirrors what you need; or uv's explicit indexes; and hashes.

    ## Examples

    ```python bad
    !pip install torch --index-url http://packages.example.org/simple --trusted-host packages.example.org
    ```

    ```python fixed
    !pip install torch --index-url https://packages.example.org/simple
    ```

    ```python bad
    %pip install --extra-index-url https://packages.example.org/simple our-tools
    ```

    ```python good
    %pip install torch==2.9.0 --index-url https://download.pytorch.org/whl/cu128
    !pip install --no-index --find-links wheels our-tools
    ```

    ## References

    - <https://pip.pypa.io/en/stable/cli/pip_install/>
    - <https://docs.astral.sh/uv/concepts/indexes/>
    """
    for origin in origins(code):
        if HOLE in origin.value and not host_of(origin.url) and origin.role != "trust":
            continue
        match origin.role:
            case "trust":
                yield from _trusted(code, origin)
            case "strategy":
                yield from _strategy(code, origin)
            case "channel":
                yield from _channel(code, origin)
            case _:
                yield from _index(code, origin)


def _hit(code: Code, origin: Origin, severity: Severity, message: str, fix: Fix) -> Hit:
    place = code.place(origin.start, origin.end)
    return Hit(at=place, message=message, severity=severity, fixes=(fix,), subject=origin.url)


def _host(origin: Origin) -> str:
    return host_of(origin.url)[:_MOST_SHOWN]


# -- indexes -----------------------------------------------------------------------------------------------------------


def _index(code: Code, origin: Origin) -> Iterator[Hit]:
    url = origin.url
    if not host_of(url) or "://" not in url or url.lower().startswith("file:") or _is_this_machine(url):
        return
    if not url.lower().startswith("https:"):
        severity = Severity.LOW if is_private(url) else Severity.HIGH
        message = (
            f"packages come from `{_host(origin)}` over an unencrypted connection: whoever is on the path chooses them"
        )
        yield _hit(code, origin, severity, message, _https(code, origin))
    elif package_indexes.is_test_index(url):
        message = "packages come from the test instance of the public index: anybody can have any name there"
        yield _hit(code, origin, Severity.HIGH, message, Fix(title="Use the public index", safety=Safety.MANUAL))
    elif new := package_indexes.moved_to(url):
        message = f"packages come from `{_host(origin)}`, a host that was given up for `{new}`: whoever takes it over chooses them"
        yield _hit(code, origin, Severity.MEDIUM, message, _exchange(code, origin, host_of(url), new))
    elif not package_indexes.is_default_index(url):
        yield from _other_index(code, origin)


def _other_index(code: Code, origin: Origin) -> Iterator[Hit]:
    host = _host(origin)
    is_vendor = package_indexes.is_vendor(origin.url) or package_indexes.is_organisation(origin.url)
    fix = Fix(title="Name one index alone, or exact versions with hashes", safety=Safety.MANUAL)
    if origin.role == "index" or origin.alone:
        if not is_vendor:
            yield _hit(code, origin, Severity.INFO, f"packages come from `{host}` in place of the public index", fix)
        return
    what = "the links of" if origin.role == "links" else "the index"
    if is_vendor and (origin.role == "links" or origin.versions != "open"):
        yield _hit(code, origin, Severity.INFO, f"packages may come from {what} `{host}`, a vendor's", fix)
        return
    severity = _confusion(origin, is_vendor=is_vendor)
    if severity is Severity.MEDIUM:
        message = f"packages come from {what} `{host}` or from the public index, whichever has the higher version"
    else:
        message = f"packages may come from {what} `{host}` beside the public one"
    yield _hit(code, origin, severity, message, fix)


def _confusion(origin: Origin, *, is_vendor: bool) -> Severity:
    """How easily the same name on the other index is taken."""
    if origin.apart:
        return Severity.INFO if is_vendor else Severity.LOW
    return Severity.MEDIUM if origin.versions == "open" else Severity.LOW


def _https(code: Code, origin: Origin) -> Fix:
    if is_private(origin.url):
        return Fix(title="Use https", safety=Safety.MANUAL)
    return _exchange(code, origin, "http", "https")


def _exchange(code: Code, origin: Origin, old: str, new: str) -> Fix:
    """The fix that exchanges the scheme or the host of a URL, where it stands there as it is."""
    title = f"Use {new}"
    at = code.text.lower().find(f"{old}:" if old == "http" else old, origin.start, origin.end)
    if at < 0:
        return Fix(title=title, safety=Safety.MANUAL)
    edit = ReplaceText(place=code.place(at, at + len(old)), text=new)
    return Fix(title=title, safety=Safety.UNSAFE, edits=(edit,))


# -- hosts, strategies, channels ---------------------------------------------------------------------------------------


def _trusted(code: Code, origin: Origin) -> Iterator[Hit]:
    """`--trusted-host`: the certificate of the host is not asked for."""
    if _is_this_machine(origin.value):
        return
    host = _host(origin)
    severity = Severity.LOW if is_private(origin.value) else Severity.HIGH if host else Severity.MEDIUM
    message = f"{f'`{host}`' if host else 'a host'} is trusted without a certificate: whoever is on the path chooses the packages"
    place = code.place(origin.whole_start, origin.whole_end)
    yield Hit(
        at=place, message=message, severity=severity, fixes=(_removal(code, origin),), subject=host_of(origin.value)
    )


def _removal(code: Code, origin: Origin) -> Fix:
    """Take the option away with the blanks before it; by hand where it is no word of its own."""
    start, end = origin.whole_start, origin.whole_end
    text = code.text[start:end]
    is_option = text.startswith("--") and text.count('"') % 2 == 0 and text.count("'") % 2 == 0
    if not is_option or code.text[max(0, start - 1) : start] in {"'", '"'} or "," in text:
        return Fix(title=_REMOVE, safety=Safety.MANUAL)
    blanks = _BLANKS.search(code.text, max(0, start - 200), start)
    edit = ReplaceText(place=code.place(blanks.start() if blanks else start, end), text="")
    return Fix(title="Remove it", safety=Safety.UNSAFE, edits=(edit,))


def _strategy(code: Code, origin: Origin) -> Iterator[Hit]:
    if origin.value in UNSAFE_STRATEGIES:
        severity = Severity.MEDIUM if origin.value == "unsafe-best-match" else Severity.LOW
        fix = Fix(title="Leave the strategy as it is: the first index that has the package", safety=Safety.MANUAL)
        message = f"`{origin.value}` takes packages from whichever index has the higher version"
        place = code.place(origin.whole_start, origin.whole_end)
        yield Hit(at=place, message=message, severity=severity, fixes=(fix,), subject="")


def _channel(code: Code, origin: Origin) -> Iterator[Hit]:
    """Channels of conda: of vendors and communities, of this machine, and others."""
    value = origin.value
    fix = Fix(title="Use a channel that is known, such as conda-forge", safety=Safety.MANUAL)
    if "://" in value and not value.lower().startswith(("https:", "file:")) and not _is_this_machine(value):
        yield from _index(code, origin)
        return
    name = package_indexes.channel_name(value)
    if not name and (not value.lower().startswith("https:") or is_private(value) or package_indexes.is_vendor(value)):
        return
    if HOLE not in name and not package_indexes.is_known_channel(name):
        shown = name[:_MOST_SHOWN] or _host(origin)
        yield _hit(code, origin, Severity.LOW, f"packages come from the channel `{shown}`, which few eyes are on", fix)


def _is_this_machine(url: str) -> bool:
    host = host_of(url)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
