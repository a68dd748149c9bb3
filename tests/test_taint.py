"""Whose text it is that ends in `sink(...)`."""

from __future__ import annotations

import pytest
from flows import codes_of

from jupyter_mlsecops.flows.taint import Taint, taint

NETWORK, MODEL, INPUT = "NETWORK", "MODEL", "INPUT"
GET = "import requests\nr = requests.get('https://example.org/x', timeout=9)\n"

TAINTED = {
    "a reply's text": (NETWORK, GET + "sink(r.text)"),
    "a field of it": (NETWORK, GET + "sink(r.json()['a'][0]['b'])"),
    "in another cell": (NETWORK, GET, "sink(r.content.decode())"),
    "joined": (NETWORK, GET + "sink('x = ' + r.text)"),
    "put into a text": (NETWORK, GET + "sink(f'x = {r.text.strip()}')"),
    "formatted": (NETWORK, GET + "sink('x = {}'.format(r.text))"),
    "an older way": (NETWORK, GET + "sink('x = %s' % r.text)"),
    "added to": (NETWORK, GET + "code = 'x = '\ncode += r.text\nsink(code)"),
    "one of two": (NETWORK, GET + "sink(r.text if ok else '1')"),
    "a line of it": (NETWORK, GET + "for line in r.text.splitlines():\n    sink(line)"),
    "in a comprehension": (NETWORK, GET + "[sink(x) for x in r.json()]"),
    "unpacked": (NETWORK, GET + "a, b = r.text.split(':')\nsink(a)"),
    "through a parameter": (NETWORK, GET + "def run(code):\n    sink(code)\nrun(r.text)"),
    "through a keyword": (NETWORK, GET + "def run(a, *, code=None):\n    sink(code)\nrun(1, code=r.text)"),
    "through what a function returns": (NETWORK, "import requests\ndef get():\n    return requests.get(u).text\nsink(get())"),
    "urlopen": (NETWORK, "from urllib.request import urlopen\nsink(urlopen(u).read())"),
    "with urlopen": (NETWORK, "from urllib.request import urlopen\nwith urlopen(u) as f:\n    sink(f.read().decode())"),
    "a table off the net": (NETWORK, "import pandas as pd\nsink(pd.read_csv('https://example.org/t.csv')['a'][0])"),
    "a table that was downloaded": (NETWORK, "!wget https://example.org/t.csv", "import pandas as pd\nt = pd.read_csv('t.csv')\nsink(t.loc[0, 'a'])"),
    "a file that was downloaded": (NETWORK, "!curl -o a.txt https://example.org/t", "with open('a.txt') as f:\n    sink(f.read())"),
    "JSON that was downloaded": (NETWORK, "!curl -o a.json https://example.org/t", "import json\nsink(json.load(open('a.json'))['code'])"),
    "an endpoint": (NETWORK, "reply = runtime.invoke_endpoint(EndpointName=n, Body=b)\nsink(reply['Body'].read())"),
    "a chat": (MODEL, "import openai\nc = openai.OpenAI()\nsink(c.chat.completions.create(model='m', messages=m).choices[0].message.content)"),
    "a pipeline": (MODEL, "from transformers import pipeline\np = pipeline('text-generation')\nsink(p('x')[0]['generated_text'])"),
    "typed": (INPUT, "sink(input('? '))"),
    "typed, then stripped": (INPUT, "x = input('? ').strip()\nsink(x)"),
}  # fmt: skip

CLEAN = {
    "a literal": "sink('1 + 1')",
    "nothing known": "sink(x)",
    "an own file": "sink(open('own.txt').read())",
    "a number": GET + "sink(int(r.text))",
    "a length": GET + "sink(len(r.text))",
    "quoted": GET + "import shlex\nsink(shlex.quote(r.text))",
    "a literal of it": GET + "import ast\nsink(ast.literal_eval(r.text))",
    "a digest of it": GET + "import hashlib\nsink(hashlib.sha256(r.content).hexdigest())",
    "a table that was checked": (
        "import pooch, pandas as pd\np = pooch.retrieve(u, known_hash='sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae')\n"
        "sink(pd.read_csv(p)['a'][0])"
    ),
    "set anew": GET + "x = r.text\nx = '1'\nsink(x)",
    "a path that was downloaded": "from urllib.request import urlretrieve\np, _ = urlretrieve(u, 'a.txt')\nsink('a.txt')",
    "itself": "x = x + x\nsink(x)",
    "a circle of functions": "def a():\n    return b()\ndef b():\n    return a()\nsink(a())",
}  # fmt: skip


def of_sink(*cells: str) -> Taint | None:
    calls = [call for code in codes_of(*cells) for call in code.calls if getattr(call.node.func, "id", "") == "sink"]
    return taint(calls[-1].code, calls[-1].node.args[0])


@pytest.mark.parametrize("name", TAINTED)
def test_tainted(name: str):
    source, *cells = TAINTED[name]
    found = of_sink(*cells)
    assert found is not None
    assert found.source.name == source


@pytest.mark.parametrize("name", CLEAN)
def test_clean(name: str):
    assert of_sink(CLEAN[name]) is None


def test_it_is_said_where_the_text_comes_from():
    found = of_sink(GET, "sink(r.text)")
    assert found is not None
    assert found.place is not None
    assert found.place.cell == 0
    assert found.url == "https://example.org/x"
