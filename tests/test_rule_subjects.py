"""What a hit is about, so that trust in an owner or a host can be set."""

from __future__ import annotations

import pytest
from notebooks import read_notebook

from jupyter_mlsecops.rules import all_rules
from jupyter_mlsecops.settings import Settings
from jupyter_mlsecops.trust import trusted_by

URL = "https://models.example.org/m.pkl"
GET = (
    f"import joblib, torch, yaml, numpy as np\nfrom urllib.request import urlretrieve\nurlretrieve('{URL}', 'm.pkl')\n"
)

SUBJECTS = [
    ("trusted-remote-code", "AutoModel.from_pretrained('acme/a', trust_remote_code=True)", "acme/a"),
    ("trusted-remote-code", "x = pipeline('text-generation', model='acme/a', trust_remote_code=True)", "acme/a"),
    ("trusted-remote-code", "!vllm serve acme/a --trust-remote-code", "acme/a"),
    ("trusted-remote-code", "!text-generation-launcher --trust-remote-code --model-id=acme/a", "acme/a"),
    ("hub-code", "import torch\ntorch.hub.load('acme/a:main', 'net')", "acme/a"),
    ("unpinned-model", "from transformers import AutoModel\nAutoModel.from_pretrained('acme/a')", "acme/a"),
    ("unpinned-dataset", "from datasets import load_dataset\nload_dataset('acme/a')", "acme/a"),
    ("mutable-revision", "from transformers import AutoModel\nAutoModel.from_pretrained('acme/a', revision='main')", "acme/a"),
    ("implicit-pickle-load", "from setfit import SetFitModel\nSetFitModel.from_pretrained('acme/a')", "acme/a"),
    ("unsafe-pickle-load", GET + "joblib.load('m.pkl')", URL),
    ("unsafe-pickle-load", f"import pandas as pd\npd.read_pickle('{URL}')", URL),
    ("unsafe-torch-load", GET + "torch.load('m.pkl', weights_only=False)", URL),
    ("unsafe-torch-load", f"import torch\ntorch.hub.load_state_dict_from_url('{URL}')", URL),
    ("unsafe-numpy-load", GET + "np.load('m.pkl', allow_pickle=True)", URL),
    ("unsafe-yaml-load", GET + "yaml.unsafe_load(open('m.pkl'))", URL),
    ("unverified-download", f"!wget {URL}", URL),
    ("executed-download", "!wget https://models.example.org/a.py\n!python a.py", "https://models.example.org/a.py"),
    ("unpinned-clone", "!git clone https://github.com/acme/a\n!pip install ./a", "https://github.com/acme/a"),
    ("piped-installer", "!curl https://models.example.org/a.sh | sh", "https://models.example.org/a.sh"),
    ("plain-http-download", "!wget http://models.example.org/a.zip", "http://models.example.org/a.zip"),
    ("tls-verification-off", "import requests\nrequests.get('https://models.example.org/a', verify=False)", "https://models.example.org/a"),
    ("tls-verification-off", "!curl -k https://models.example.org/a", "https://models.example.org/a"),
    ("tainted-eval", "import requests\neval(requests.get('https://models.example.org/a').text)", "https://models.example.org/a"),
    ("tainted-shell", "import os, requests\nos.system(requests.get('https://models.example.org/a').text)", "https://models.example.org/a"),
    ("ineffective-hash-check", f"!wget {URL}\n!sha256sum m.pkl", URL),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "source", "subject"), SUBJECTS)
def test_subjects(rule: str, source: str, subject: str):
    hits = [hit for code in read_notebook(source).codes for hit in all_rules()[rule].check(code)]
    assert [hit.subject for hit in hits] == [subject]


@pytest.mark.parametrize(("rule", "subject"), sorted({(rule, subject) for rule, _, subject in SUBJECTS}))
def test_trust_takes_them_away(rule: str, subject: str):
    settings = Settings(trusted_owners=("acme",), trusted_hosts=("models.example.org",))
    assert trusted_by(subject, all_rules()[rule].category, settings)
