"""What commands and calls fetch, and where they put it."""

from __future__ import annotations

import pytest
from flows import fetched

from jupyter_mlsecops.flows.pinning import Strength, digest_strength, url_strength

U = "https://example.org/a/m.pt"
COMMIT = "5bd9e0b9f3e4d5c6a7b8c9d0e1f2a3b4c5d6e7f8"
SHA = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"

COMMANDS = [
    (f"wget {U}", [(U, "m.pt")]),
    (f"wget -q -O x.pt {U}", [(U, "x.pt")]),
    (f"wget -qO x.pt {U}", [(U, "x.pt")]),
    (f"wget {U} -O- ", [(U, None)]),
    (f"wget -qO- {U}", [(U, None)]),
    (f"wget --output-document=x.pt {U}", [(U, "x.pt")]),
    (f"wget --output-document x.pt {U}", [(U, "x.pt")]),
    (f"wget -P d {U}", [(U, "d/m.pt")]),
    (f"wget -nc -P d/e {U} --no-verbose", [(U, "d/e/m.pt")]),
    (f"wget --directory-prefix=d {U}", [(U, "d/m.pt")]),
    (f"wget -c -t 3 -T 10 {U}", [(U, "m.pt")]),
    (f"wget --header 'Authorization: x' {U}", [(U, "m.pt")]),
    (f"wget {U} https://example.org/n.pt", [(U, "m.pt"), ("https://example.org/n.pt", "n.pt")]),
    ("wget 'https://example.org/m.pt?x=1&y=2'", [("https://example.org/m.pt?x=1&y=2", "m.pt")]),
    ("wget example.org/m.pt", [("example.org/m.pt", "m.pt")]),
    (f"wget -O x.pt -- {U}", [(U, "x.pt")]),
    ("wget -i list.txt", []),
    ("wget --help", []),
    (f"sudo wget {U}", [(U, "m.pt")]),
    (f"nohup wget {U} > log.txt", [(U, "m.pt")]),
    (f"curl {U}", [(U, None)]),
    (f"curl -O {U}", [(U, "m.pt")]),
    (f"curl -sSLO {U}", [(U, "m.pt")]),
    (f"curl -L -o x.pt {U}", [(U, "x.pt")]),
    (f"curl -Lo x.pt {U}", [(U, "x.pt")]),
    (f"curl -sLox.pt {U}", [(U, "x.pt")]),
    (f"curl {U} --output x.pt", [(U, "x.pt")]),
    (f"curl {U} -o d/x.pt --create-dirs", [(U, "d/x.pt")]),
    (f"curl --output-dir d -O {U}", [(U, "d/m.pt")]),
    (f"curl {U} > x.pt", [(U, "x.pt")]),
    (f"curl {U} >> x.pt 2> log", [(U, "x.pt")]),
    (f"curl {U} > /dev/null", [(U, None)]),
    (f"curl -o - {U}", [(U, None)]),
    (f"curl -o a {U} -o b https://example.org/n", [(U, "a"), ("https://example.org/n", "b")]),
    (f"curl --url {U} -O", [(U, "m.pt")]),
    (f"curl -H 'a: b' -u me:x -C - -O {U}", [(U, "m.pt")]),
    (f"curl -X POST -d @x -o y {U}", [(U, None)]),
    (f"curl --json @x {U} -o y", [(U, None)]),
    (f"aria2c {U}", [(U, "m.pt")]),
    (f"aria2c -x16 -s 16 -d d -o x.pt {U}", [(U, "d/x.pt")]),
    (f"aria2c --dir=d --out=x.pt {U}", [(U, "d/x.pt")]),
    (f"axel -n 8 -o x.pt {U}", [(U, "x.pt")]),
    ("gdown 1Ag0", [("https://drive.google.com/uc?id=1Ag0", None)]),
    ("gdown --id 1Ag0 -O x.zip", [("https://drive.google.com/uc?id=1Ag0", "x.zip")]),
    ("gdown 'https://drive.google.com/uc?id=1Ag0' -O x.zip", [("https://drive.google.com/uc?id=1Ag0", "x.zip")]),
    ("git clone https://github.com/a/b.git", [("https://github.com/a/b.git", "b")]),
    ("git clone -q --depth 1 -b main https://github.com/a/b c/d", [("https://github.com/a/b", "c/d")]),
    ("git -C e clone https://github.com/a/b", [("https://github.com/a/b", "e/b")]),
    ("git clone git@github.com:a/b.git", [("git@github.com:a/b.git", "b")]),
    ("git lfs clone https://huggingface.co/a/b", [("https://huggingface.co/a/b", "b")]),
    ("gh repo clone a/b", [("https://github.com/a/b", "b")]),
    ("git clone ./local", []),
    ("git status", []),
    ("gsutil cp gs://k/m.pt .", [("gs://k/m.pt", "./m.pt")]),
    ("gsutil -m cp -r gs://k/models/* d/", [("gs://k/models/*", "d/")]),
    ("gsutil cp m.pt gs://k/", []),
    ("gcloud storage cp gs://k/m.pt d/x.pt", [("gs://k/m.pt", "d/x.pt")]),
    ("aws s3 cp s3://k/m.pt m.pt --no-sign-request", [("s3://k/m.pt", "m.pt")]),
    ("aws s3 sync s3://k/models ./models --region us-east-1", [("s3://k/models", "./models")]),
    ("aws s3 cp m.pt s3://k/m.pt", []),
    ("azcopy copy https://x.blob.core.windows.net/k/m.pt ./m.pt", [("https://x.blob.core.windows.net/k/m.pt", "./m.pt")]),
    ("huggingface-cli download a/b m.pt --local-dir d", [("a/b", "d/m.pt")]),
    ("hf download a/b", [("a/b", None)]),
    ("kaggle datasets download -d a/b -p d", [("a/b", "d/b.zip")]),
    (f"echo wget {U}", []),
    (f"pip install {U}", []),
]  # fmt: skip


@pytest.mark.parametrize(("command", "expected"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_commands(command: str, expected: list[tuple[str, str | None]]):
    assert [(fetch.url, fetch.target) for fetch in fetched(f"!{command}")] == expected


def test_commands_in_all_carriers():
    cells = (
        f"%%bash\nwget {U}",
        f"import os\nos.system('wget {U}')",
        f"import subprocess\nsubprocess.run(['wget', '{U}'], check=True)",
        f"!bash -c 'wget {U}'",
        f"x = !curl -s {U}",
        f"!for i in 1 2; do wget {U}; done",
        f"!test -f m.pt || wget {U}",
    )
    assert [fetch.url for cell in cells for fetch in fetched(cell)] == [U] * len(cells)


def test_values_are_filled_in():
    found = fetched("BASE = 'https://example.org'\nNAME = 'm.pt'\n!wget {BASE}/{NAME} -O data/$NAME")
    assert [(fetch.url, fetch.target) for fetch in found] == [("https://example.org/m.pt", "data/m.pt")]


CALLS = [
    ("from urllib.request import urlretrieve\nurlretrieve(U, filename='x.pt')", "url", U, "x.pt"),
    ("import wget\nwget.download(U, out='x.pt')", "url", U, "x.pt"),
    ("import requests\nwith requests.Session() as s:\n    s.get(U)", "url", U, None),
    ("import requests\nrequests.request('GET', U)", "url", U, None),
    ("import urllib3\nurllib3.PoolManager().request('GET', U)", "url", U, None),
    ("import httpx\nasync with httpx.AsyncClient() as c:\n    await c.get(U)", "url", U, None),
    ("import tensorflow as tf\ntf.keras.utils.get_file('x.pt', U)", "url", U, "x.pt"),
    ("from huggingface_hub import hf_hub_download as d\nd('a/b', 'm.pt')", "hub", "a/b", "m.pt"),
    ("from huggingface_hub import snapshot_download\nsnapshot_download('a/b', local_dir='d')", "hub", "a/b", "d"),
    ("import boto3\nboto3.client('s3').download_file('k', 'm.pt', 'x.pt')", "bucket", "s3://k/m.pt", "x.pt"),
    ("import boto3\nboto3.Session().resource('s3').Bucket('k').download_file('m.pt', 'x.pt')", "bucket", None, "x.pt"),
    ("from google.cloud import storage\nstorage.Client().bucket('k').blob('m').download_to_filename('x.pt')", "bucket", None, "x.pt"),
    ("from git import Repo\nRepo.clone_from('https://github.com/a/b', 'd')", "clone", "https://github.com/a/b", "d"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "kind", "url", "target"), CALLS, ids=[source.splitlines()[-1].strip() for source, *_ in CALLS]
)
def test_calls(source: str, kind: str, url: str, target: str):
    found = fetched(f"U = {U!r}", source)
    assert [(fetch.source, fetch.url, fetch.target) for fetch in found] == [(kind, url, target)]


def test_files_that_are_here_are_not_fetched():
    assert not fetched("import smart_open\nsmart_open.open('data.txt')")
    assert not fetched("def urlretrieve(a, b):\n    pass\nurlretrieve('https://example.org/x', 'y')")


def test_a_function_that_fetches_what_it_is_told():
    found = fetched(
        "import requests\ndef get(url, path='x.bin'):\n    open(path, 'wb').write(requests.get(url).content)",
        "get('https://example.org/1')\nget('https://example.org/2', 'y.bin')",
    )
    assert sorted((fetch.url or "", fetch.place.cell) for fetch in found) == [
        ("https://example.org/1", 1),
        ("https://example.org/2", 1),
    ]


def test_loops_over_what_stands_in_the_notebook():
    found = fetched(
        "from urllib.request import urlretrieve\nFILES = [('a', 'a.pt'), ('b', 'b.pt')]\n"
        "for key, name in FILES:\n    urlretrieve(f'https://example.org/{key}', name)"
    )
    assert [(fetch.url, fetch.target) for fetch in found] == [
        ("https://example.org/a", "a.pt"),
        ("https://example.org/b", "b.pt"),
    ]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"https://raw.githubusercontent.com/a/b/{COMMIT}/x.py", Strength.STRONG),
        (f"https://github.com/a/b/raw/{COMMIT}/x.py", Strength.STRONG),
        (f"https://github.com/a/b/archive/{COMMIT}.zip", Strength.STRONG),
        (f"https://huggingface.co/a/b/resolve/{COMMIT}/m.bin", Strength.STRONG),
        (f"https://cdn.jsdelivr.net/gh/a/b@{COMMIT}/x.js", Strength.STRONG),
        (f"https://gitlab.example.org/a/b/-/raw/{COMMIT}/x.py", Strength.STRONG),
        (f"https://api.github.com/repos/a/b/contents/x.py?ref={COMMIT}", Strength.STRONG),
        ("https://ipfs.io/ipfs/QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG/x", Strength.STRONG),
        ("https://tfhub.dev/google/movenet/4?lite-format=tflite", Strength.STRONG),
        ("https://example.org/google/movenet/4", Strength.NONE),
        (f"https://evil.example/{COMMIT}/x.py", Strength.NONE),
        (f"https://evil.example/x.py#{COMMIT}", Strength.NONE),
        (f"https://example.org/x.whl#sha256={SHA}", Strength.NONE),
        ("https://raw.githubusercontent.com/a/b/main/x.py", Strength.NONE),
        ("https://raw.githubusercontent.com/a/b/5bd9e0b/x.py", Strength.NONE),
        ("https://raw.githubusercontent.com/a/b/v1.2.3/x.py", Strength.WEAK),
        ("https://github.com/a/b/releases/download/v1.0/x.zip", Strength.WEAK),
        ("https://download.pytorch.org/models/x.pth", Strength.WEAK),
        ("http://download.pytorch.org/models/x.pth", Strength.NONE),
        ("https://download.pytorch.org.evil.example/x.pth", Strength.NONE),
        ("https://example.org/v1.0/x.pth", Strength.NONE),
        ("https://[broken", Strength.NONE),
        ("", Strength.NONE),
    ],
)
def test_urls(url: str, expected: Strength):
    assert url_strength(url) is expected


@pytest.mark.parametrize(
    ("name", "digest", "expected"),
    [
        ("file_hash", SHA, Strength.STRONG),
        ("file_hash", "acbd18db4cc2f85cedef654fccc4a4d8", Strength.WEAK),
        ("known_hash", f"sha256:{SHA}", Strength.STRONG),
        ("known_hash", "md5:acbd18db4cc2f85cedef654fccc4a4d8", Strength.WEAK),
        ("md5", "x", Strength.WEAK),
        ("hash_prefix", "5c106cde", Strength.STRONG),
        ("hash_prefix", "5c", Strength.NONE),
        ("known_hash", None, Strength.STRONG),
    ],
)
def test_digests(name: str, digest: str | None, expected: Strength):
    assert digest_strength(name, digest) is expected
