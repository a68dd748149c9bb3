"""After all edits of a finding the code can be read, and the finding is gone."""

from __future__ import annotations

import ast

import pytest

from examples import findings, fixed, notebook_of
from jupyter_mlsecops.notebook.ipython import layout as ipython
from jupyter_mlsecops.rule import Rule
from jupyter_mlsecops.rules import all_rules

LOADS = (
    "unsafe-pickle-load",
    "unsafe-torch-load",
    "unsafe-numpy-load",
    "unsafe-keras-load",
    "unsafe-yaml-load",
    "implicit-pickle-load",
)
RULES = (
    *LOADS, "unsafe-archive-extraction", "hub-code", "unpinned-model", "unpinned-dataset", "mutable-revision", "unverified-download",
    "executed-download", "unpinned-clone", "piped-installer", "plain-http-download", "ineffective-hash-check", "tainted-eval",
    "tainted-shell", "trusted-remote-code", "tls-verification-off",
)  # fmt: skip

TORCH = "import torch\nm = {}\n"
TRUST = "from transformers import AutoModel\nm = {}\n"
VERIFY = "import requests\nr = {}\n"

HARD = [
    ("unsafe-torch-load", TORCH, "torch.load('m.pt')", "torch.load('m.pt', weights_only=True)"),
    ("unsafe-torch-load", TORCH, "torch.load('m.pt',)", "torch.load('m.pt', weights_only=True,)"),
    ("unsafe-torch-load", TORCH, "torch.load(('m.pt'))", "torch.load(('m.pt'), weights_only=True)"),
    ("unsafe-torch-load", TORCH, "torch.load((('m' + '.pt')  # (\n  ))", "torch.load((('m' + '.pt')  # (\n  ), weights_only=True)"),
    ("unsafe-torch-load", TORCH, "torch.load(*paths)", "torch.load(*paths, weights_only=True)"),
    ("unsafe-torch-load", TORCH, "torch.load(p, **options)", "torch.load(p, **options, weights_only=True)"),
    ("unsafe-torch-load", TORCH, "torch.load(\n    p,  # the file\n    map_location='cpu',  # no GPU (here)\n)",
     "torch.load(\n    p,  # the file\n    map_location='cpu', weights_only=True,  # no GPU (here)\n)"),
    ("unsafe-torch-load", TORCH, "torch.load(p, weights_only = (False))", "torch.load(p, weights_only = (True))"),
    ("unsafe-torch-load", TORCH, "torch.load(weights_only=False, f=p)", "torch.load(weights_only=True, f=p)"),
    ("unsafe-torch-load", TORCH, "torch.load(torch.load(p))", "torch.load(torch.load(p, weights_only=True), weights_only=True)"),
    ("unsafe-torch-load", "", "import torch; é = torch.load('ü.pt')", "import torch; é = torch.load('ü.pt', weights_only=True)"),
    ("trusted-remote-code", TRUST, "AutoModel.from_pretrained('a/b', trust_remote_code=True)", "AutoModel.from_pretrained('a/b')"),
    ("trusted-remote-code", TRUST, "AutoModel.from_pretrained(trust_remote_code=True, x='a/b')", "AutoModel.from_pretrained(x='a/b')"),
    ("trusted-remote-code", TRUST, "AutoModel.from_pretrained('a/b', trust_remote_code=True, x=1)", "AutoModel.from_pretrained('a/b', x=1)"),
    ("trusted-remote-code", TRUST, "AutoModel.from_pretrained('a/b', trust_remote_code=(True), x=1)", "AutoModel.from_pretrained('a/b', x=1)"),
    ("trusted-remote-code", TRUST, "AutoModel.from_pretrained(trust_remote_code=True)", "AutoModel.from_pretrained()"),
    ("trusted-remote-code", TRUST, "AutoModel.from_pretrained(\n    'a/b',\n    trust_remote_code=True,\n)", "AutoModel.from_pretrained(\n    'a/b',\n)"),
    ("trusted-remote-code", TRUST, "AutoModel.from_pretrained(\n    trust_remote_code=True,  # needed\n    x='a/b',\n)",
     "AutoModel.from_pretrained(\n    # needed\n    x='a/b',\n)"),
    ("trusted-remote-code", TRUST, "AutoModel.from_pretrained('a/b',  # why\n    trust_remote_code=True)", None),
    ("trusted-remote-code", "", "x = f(model_kwargs={'a': 1, 'trust_remote_code': True, 'b': 2})", "x = f(model_kwargs={'a': 1, 'b': 2})"),
    ("trusted-remote-code", "", "x = f(model_kwargs={'trust_remote_code': True})", "x = f(model_kwargs={})"),
    ("trusted-remote-code", "", "a = ['--model', 'a/b', '--trust-remote-code', '--port']", "a = ['--model', 'a/b', '--port']"),
    ("trusted-remote-code", "", "import subprocess\nsubprocess.run(['vllm', 'serve', 'a/b', '--trust-remote-code'])", "import subprocess\nsubprocess.run(['vllm', 'serve', 'a/b'])"),
    ("trusted-remote-code", "", "!vllm serve a/b --trust-remote-code", "!vllm serve a/b"),
    ("trusted-remote-code", "", "!vllm serve --trust-remote-code \\\n   a/b", "!vllm serve \\\n   a/b"),
    ("trusted-remote-code", "", "!python x.py --trust_remote_code true --model a/b", "!python x.py --model a/b"),
    ("trusted-remote-code", "", "!vllm serve a/b '--trust-remote-code'", "!vllm serve a/b"),
    ("trusted-remote-code", "", "import os\nos.system('vllm serve a/b --trust-remote-code')", "import os\nos.system('vllm serve a/b')"),
    ("tls-verification-off", VERIFY, "requests.get(u, verify=False)", "requests.get(u)"),
    ("tls-verification-off", VERIFY, "requests.get(verify=False, url=u)", "requests.get(url=u)"),
    ("tls-verification-off", VERIFY, "requests.get(u, verify=False, timeout=9)", "requests.get(u, timeout=9)"),
    ("tls-verification-off", VERIFY, "requests.get(\n    u, verify=False,\n)", "requests.get(\n    u,\n)"),
    ("tls-verification-off", "", "!curl -k https://example.org", "!curl https://example.org"),
    ("tls-verification-off", "", "!curl -sSk https://example.org", "!curl -sS https://example.org"),
    ("tls-verification-off", "", "!curl https://example.org -k", "!curl https://example.org"),
    ("tls-verification-off", "", "!wget --no-check-certificate -q https://example.org/x", "!wget -q https://example.org/x"),
    ("tls-verification-off", "", "import subprocess\nsubprocess.run(['curl', '-k', u])", "import subprocess\nsubprocess.run(['curl', u])"),
    ("unsafe-numpy-load", "import numpy as np\nx = {}\n", "np.load(p, allow_pickle=True)", "np.load(p)"),
    ("unsafe-numpy-load", "import numpy as np\nx = {}\n", "np.load(p, allow_pickle=True)['a']", "np.load(p)['a']"),
    ("unsafe-keras-load", "import keras\nx = {}\n", "keras.models.load_model(p, safe_mode=False, compile=False)", "keras.models.load_model(p, compile=False)"),
    ("unsafe-yaml-load", "import yaml\nx = {}\n", "yaml.load(f, Loader=yaml.Loader)", "yaml.safe_load(f)"),
    ("unsafe-yaml-load", "import yaml\nx = {}\n", "yaml.load(f, yaml.Loader)", "yaml.safe_load(f)"),
    ("unsafe-yaml-load", "import yaml\nx = {}\n", "yaml.load(\n    f,\n    Loader=yaml.Loader,\n)", "yaml.safe_load(\n    f,\n)"),
    ("unsafe-yaml-load", "import yaml\nx = {}\n", "yaml.load(f, (yaml.Loader))", None),
    ("unsafe-yaml-load", "import yaml\nx = {}\n", "yaml.load(Loader=yaml.Loader, stream=f)", "yaml.safe_load(stream=f)"),
    ("unsafe-yaml-load", "import yaml\nx = {}\n", "yaml.load((f), Loader=yaml.Loader)", "yaml.safe_load((f))"),
    ("unsafe-yaml-load", "import yaml\nx = {}\n", "list(yaml.load_all(f, Loader=yaml.Loader))", "list(yaml.safe_load_all(f))"),
    ("plain-http-download", "", "!wget 'http://github.com/a/b/x.zip'", "!wget 'https://github.com/a/b/x.zip'"),
    ("plain-http-download", "import pandas as pd\nx = {}\n", "pd.read_csv('http://github.com/a/b/x.csv')", "pd.read_csv('https://github.com/a/b/x.csv')"),
]  # fmt: skip


def can_be_read(source: str) -> bool:
    try:
        ast.parse(ipython.split(source).python)
    except SyntaxError:
        return False
    return True


def bad_examples() -> list[object]:
    return [
        pytest.param(all_rules()[rule], example, id=f"{rule}-{number}")
        for rule in RULES
        for number, example in enumerate(all_rules()[rule].documentation.examples)
        if example.kind == "bad"
    ]


@pytest.mark.parametrize(("rule", "example"), bad_examples())
def test_fixed_examples_are_clean(rule: Rule, example):
    content = notebook_of((example.language, cell) for cell in example.cells)
    found = findings(content, rule)[1]
    edited = [one for one in found if any(fix.edits for fix in one.fixes)]
    sources = fixed(content, found)
    assert all(can_be_read(source) for source in sources)
    left = findings(notebook_of(("python", source) for source in sources), rule)[1]
    assert len(left) == len(found) - len(edited)


@pytest.mark.parametrize(("rule", "around", "bad", "good"), HARD)
def test_hard_forms(rule: str, around: str, bad: str, good: str | None):
    source = around.format(bad) if around else bad
    content = notebook_of([("python", source)])
    found = findings(content, all_rules()[rule])[1]
    assert found
    assert all(fix.edits or fix.safety == "manual" for one in found for fix in one.fixes)
    after = fixed(content, found)
    assert can_be_read(after[0])
    if good is not None:
        assert after == [around.format(good) if around else good]
        assert not [
            one for one in findings(notebook_of([("python", after[0])]), all_rules()[rule])[1] if one.severity > 1
        ]
