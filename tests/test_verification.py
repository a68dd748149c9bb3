"""What counts as a check of a download: strong ones silence, weak ones lower by a level, the rest change nothing."""

from __future__ import annotations

import pytest
from flows import fetched

from examples import findings, notebook_of
from jupyter_mlsecops.flows.pinning import Strength
from jupyter_mlsecops.flows.verification import verification
from jupyter_mlsecops.rules import all_rules

SHA = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
MD5 = "acbd18db4cc2f85cedef654fccc4a4d8"
COMMIT = "5bd9e0b9f3e4d5c6a7b8c9d0e1f2a3b4c5d6e7f8"
URL = "https://example.org/m.onnx"
PY = "import hashlib, hmac, os, sys\nfrom pathlib import Path\nfrom urllib.request import urlretrieve\n"
GET = PY + f"urlretrieve('{URL}', 'm.onnx')\n"
READ = "hashlib.sha256(Path('m.onnx').read_bytes()).hexdigest()"
WGET = f"!wget -q {URL}\n"

STRONG = {
    "assert": (GET, f"assert {READ} == '{SHA}'"),
    "assert with the digest in another cell": (f"EXPECTED = '{SHA}'", GET, f"assert EXPECTED == {READ}, 'exchanged'"),
    "if and raise": (GET + f"if {READ} != '{SHA}':\n    raise ValueError('exchanged')",),
    "if and exit": (GET + f"if {READ} != '{SHA}':\n    sys.exit(1)",),
    "else and raise": (GET + f"if {READ} == '{SHA}':\n    print('fine')\nelse:\n    raise ValueError",),
    "compare_digest": (GET + f"if not hmac.compare_digest({READ}, '{SHA}'):\n    raise ValueError",),
    "in chunks": (
        GET + "h = hashlib.sha256()\nwith open('m.onnx', 'rb') as f:\n    for chunk in iter(lambda: f.read(8192), b''):\n        h.update(chunk)\n"
        f"if h.hexdigest() != '{SHA}':\n    raise ValueError",
    ),
    "file_digest": (GET + f"with open('m.onnx', 'rb') as f:\n    digest = hashlib.file_digest(f, 'sha256').hexdigest()\nassert digest == '{SHA}'",),
    "hashlib.new": (GET + f"h = hashlib.new('sha256', Path('m.onnx').read_bytes())\nassert h.hexdigest() == '{SHA}'",),
    "blake2": (GET + "assert hashlib.blake2b(Path('m.onnx').read_bytes()).hexdigest() == EXPECTED",),
    "a reply before it is written": (
        f"import requests, hashlib\ndata = requests.get('{URL}').content\nassert hashlib.sha256(data).hexdigest() == '{SHA}'\nopen('m.onnx', 'wb').write(data)",
    ),
    "function that gives the digest": (PY + "def digest(path):\n    return hashlib.sha256(Path(path).read_bytes()).hexdigest()", GET + f"assert digest('m.onnx') == '{SHA}'"),
    "function that checks": (
        PY + "def check(path, expected):\n    found = hashlib.sha256(open(path, 'rb').read()).hexdigest()\n    if found != expected:\n        raise ValueError(path)",
        GET + f"check('m.onnx', '{SHA}')",
    ),
    "function that says whether": (
        PY + "def same(path, expected):\n    return hashlib.sha256(open(path, 'rb').read()).hexdigest() == expected",
        GET + f"assert same('m.onnx', '{SHA}')",
    ),
    "function that fetches and checks": (
        PY + "def get(url, path, expected):\n    urlretrieve(url, path)\n    if hashlib.sha256(open(path, 'rb').read()).hexdigest() != expected:\n"
        f"        os.remove(path)\n        raise ValueError\nget('{URL}', 'm.onnx', '{SHA}')",
    ),
    "used only where it is right": (GET + f"import onnx\nif {READ} == '{SHA}':\n    model = onnx.load('m.onnx')",),
    "removed where it is wrong": (GET + f"if {READ} != '{SHA}':\n    os.remove('m.onnx')",),
    "digests in a table": (GET + f"SUMS = {{'m.onnx': '{SHA}'}}\nassert {READ} == SUMS['m.onnx']",),
    "sha256sum -c of a line": (WGET + f"!echo '{SHA}  m.onnx' | sha256sum -c",),
    "sha256sum --check --status": (WGET + f"!echo '{SHA} *m.onnx' | sha256sum --check --status",),
    "in one command": (f"!wget -q {URL} && echo '{SHA}  m.onnx' | sha256sum -c -",),
    "shasum -a 256": (WGET + f"!echo '{SHA}  m.onnx' | shasum -a 256 -c",),
    "here-string": (f"%%bash\nwget -q {URL}\nsha256sum -c <<< '{SHA}  m.onnx'",),
    "here-document": (f"%%bash\nwget -q {URL}\nsha256sum -c <<EOF\n{SHA}  m.onnx\nEOF",),
    "a list that the notebook writes": (f"%%writefile SHA256SUMS\n{SHA}  m.onnx", WGET + "!sha256sum -c SHA256SUMS"),
    "test": (WGET + f"![ \"$(sha256sum m.onnx | cut -d' ' -f1)\" = \"{SHA}\" ] || exit 1",),
    "get_file": (f"import keras\nkeras.utils.get_file('m.onnx', '{URL}', file_hash='{SHA}')",),
    "pooch": (f"import pooch\npooch.retrieve(url='{URL}', known_hash='sha256:{SHA}')",),
    "pooch with a registry": (f"import pooch\nP = pooch.create(path='.', base_url='https://example.org/', registry={{'m.onnx': '{SHA}'}})\nP.fetch('m.onnx')",),
    "gdown": (f"import gdown\ngdown.cached_download('{URL}', 'm.onnx', hash='sha256:{SHA}')",),
    "torch.hub": (f"import torch\ntorch.hub.download_url_to_file('{URL}', 'm.onnx', hash_prefix='{SHA[:8]}')",),
    "aria2c": (f"!aria2c --checksum=sha-256={SHA} {URL}",),
    "commit in the URL": (f"!wget https://raw.githubusercontent.com/a/b/{COMMIT}/m.onnx",),
    "commit in the URL of a hub": (f"!wget https://huggingface.co/a/b/resolve/{COMMIT}/m.onnx",),
    "gpg": (WGET + f"!wget -q {URL}.asc\n!gpg --verify m.onnx.asc m.onnx",),
    "cosign": (WGET + "!cosign verify-blob --key cosign.pub --signature m.sig m.onnx",),
    "sigstore": (WGET + "!python -m sigstore verify identity --cert-identity me@example.org m.onnx",),
    "model_signing": (WGET + "!model_signing verify sigstore m.onnx --signature m.sig",),
    "model_signing in Python": (GET + "import model_signing\nmodel_signing.verifying.Config().use_sigstore_verifier(identity=i).verify('m.onnx', 'm.sig')",),
    "gh attestation": (WGET + "!gh attestation verify m.onnx --owner acme",),
    "slsa-verifier": (WGET + "!slsa-verifier verify-artifact m.onnx --provenance-path p --source-uri s",),
}  # fmt: skip

WEAK = {
    "MD5": (GET + f"assert hashlib.md5(Path('m.onnx').read_bytes()).hexdigest() == '{MD5}'",),
    "MD5 by name": (GET + f"assert hashlib.new('md5', Path('m.onnx').read_bytes()).hexdigest() == '{MD5}'",),
    "SHA-1": (GET + "if hashlib.sha1(Path('m.onnx').read_bytes()).hexdigest() != EXPECTED:\n    raise ValueError",),
    "md5sum": (WGET + f"!echo '{MD5}  m.onnx' | md5sum -c",),
    "get_file with MD5": (f"import keras\nkeras.utils.get_file('m.onnx', '{URL}', md5_hash='{MD5}')",),
    "get_file with 32 digits": (f"import keras\nkeras.utils.get_file('m.onnx', '{URL}', file_hash='{MD5}')",),
    "pooch with MD5": (f"import pooch\npooch.retrieve('{URL}', known_hash='md5:{MD5}')",),
    "tag": ("!wget https://raw.githubusercontent.com/a/b/v1.0.0/m.onnx",),
    "release": ("!wget https://github.com/a/b/releases/download/v1.0/m.onnx",),
    "first party": ("!wget https://download.pytorch.org/m.onnx",),
    "size": (GET + "assert os.path.getsize('m.onnx') == 1048576",),
    "size and raise": (GET + "if os.stat('m.onnx').st_size != EXPECTED:\n    raise ValueError",),
}  # fmt: skip

NONE = {
    "nothing": (GET,),
    "printed": (GET + f"print({READ})",),
    "stored": (GET + f"digest = {READ}",),
    "compared, only said": (GET + f"if {READ} != '{SHA}':\n    print('careful')",),
    "compared, not used": (GET + f"{READ} == '{SHA}'",),
    "compared above the download": (PY + f"if os.path.exists('m.onnx'):\n    assert {READ} == '{SHA}'\nurlretrieve('{URL}', 'm.onnx')",),
    "old file decides whether to get a new one": (PY + f"if not os.path.exists('m.onnx') or {READ} != '{SHA}':\n    urlretrieve('{URL}', 'm.onnx')",),
    "wrong file thrown away for another one": (GET + f"if {READ} != '{SHA}':\n    os.remove('m.onnx')\n    urlretrieve('{URL}', 'm.onnx')",),
    "early return": (
        PY + "def get(path, expected):\n    if os.path.exists(path) and hashlib.sha256(open(path, 'rb').read()).hexdigest() == expected:\n        return path\n"
        f"    urlretrieve('{URL}', path)\n    return path\nget('m.onnx', '{SHA}')",
    ),
    "another file": (GET + f"assert hashlib.sha256(Path('other.onnx').read_bytes()).hexdigest() == '{SHA}'",),
    "a check that nobody calls": (GET + f"def check():\n    assert {READ} == '{SHA}'",),
    "digest off the same server": (GET + f"import requests\nassert {READ} == requests.get('{URL}.sha256').text.split()[0]",),
    "digest in a header": (f"import requests, hashlib\nr = requests.get('{URL}')\nassert hashlib.sha256(r.content).hexdigest() == r.headers['x-sha256']",),
    "list off the same server": (f"!wget -q {URL} https://example.org/SHA256SUMS\n!sha256sum -c SHA256SUMS",),
    "sha256sum alone": (WGET + "!sha256sum m.onnx",),
    "it exists": (GET + "assert os.path.exists('m.onnx')",),
    "known_hash=None": (f"import pooch\npooch.retrieve('{URL}', known_hash=None)",),
    "check_hash=False": (f"import torch\ntorch.hub.download_url_to_file('{URL}', 'm.onnx', hash_prefix=None)",),
    "commit on a host of its own": (f"!wget https://example.org/{COMMIT}/m.onnx",),
    "digest behind the URL": (f"!wget '{URL}#sha256={SHA}'",),
    "branch": ("!wget https://raw.githubusercontent.com/a/b/main/m.onnx",),
    "short hash": ("!wget https://raw.githubusercontent.com/a/b/5bd9e0b/m.onnx",),
    "first party without TLS": ("!wget http://download.pytorch.org/m.onnx",),
    "ETag": (f"import requests\nr = requests.get('{URL}')\nopen('m.onnx', 'wb').write(r.content)\nassert r.headers['ETag'] == old",),
    "resumed": (f"!wget -c {URL}",),
    "a word in a string": (GET + "print('sha256sum -c SHA256SUMS')  # gpg --verify m.onnx.asc",),
}  # fmt: skip


def strength(*cells: str) -> Strength:
    found = [fetch for fetch in fetched(*cells) if fetch.file_name == "m.onnx"]
    assert found
    return min(verification(fetch) for fetch in found)


def levels(*cells: str) -> list[str]:
    content = notebook_of(("python", cell) for cell in cells)
    return [
        one.severity.word for one in findings(content, all_rules()["unverified-download"])[1] if "m.onnx" in one.message
    ]


@pytest.mark.parametrize("name", STRONG)
def test_strong_checks_silence(name: str):
    assert not levels(*STRONG[name])
    assert name == "pooch with a registry" or strength(*STRONG[name]) is Strength.STRONG


@pytest.mark.parametrize("name", WEAK)
def test_weak_checks_lower_by_a_level(name: str):
    assert strength(*WEAK[name]) is Strength.WEAK
    assert levels(*WEAK[name]) == ["low"]


@pytest.mark.parametrize("name", NONE)
def test_what_checks_nothing_changes_nothing(name: str):
    assert strength(*NONE[name]) is Strength.NONE
    assert set(levels(*NONE[name])) == {"medium"}


def test_checks_count_from_where_they_stand():
    early, late = fetched(GET, f"assert {READ} == '{SHA}'", GET)
    assert verification(early) is Strength.STRONG
    assert verification(late) is not Strength.STRONG
    assert verification(early, before=early.moment) is not Strength.STRONG


@pytest.mark.parametrize(
    ("rule", "checked", "level"),
    [
        ("unsafe-pickle-load", f"assert hashlib.md5(Path('m.pkl').read_bytes()).hexdigest() == '{MD5}'", "medium"),
        ("unsafe-pickle-load", "", "high"),
        ("unsafe-torch-load", f"assert hashlib.md5(Path('m.pkl').read_bytes()).hexdigest() == '{MD5}'", "medium"),
        ("unsafe-torch-load", "", "high"),
    ],
)
def test_loads_are_lowered_too(rule: str, checked: str, level: str):
    get = PY + "import joblib, torch\nurlretrieve('https://example.org/m.pkl', 'm.pkl')\n" + checked
    load = "joblib.load('m.pkl')\ntorch.load('m.pkl', weights_only=False)"
    assert [
        one.severity.word for one in findings(notebook_of([("python", get), ("python", load)]), all_rules()[rule])[1]
    ] == [level]
