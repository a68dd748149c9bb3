"""Who wrote what is loaded: the notebook, the network, or nobody that can be seen."""

from __future__ import annotations

import time

import pytest
from flows import codes_of, origin_of

from jupyter_mlsecops.flows.provenance import provenance

SHA = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
COMMIT = "5bd9e0b9f3e4d5c6a7b8c9d0e1f2a3b4c5d6e7f8"
GET = "from urllib.request import urlretrieve\nurlretrieve('https://example.org/m.pkl', 'm.pkl')\n"
LOAD = "import joblib\njoblib.load('m.pkl')"

# The flows of real notebooks: what is read by `load`, the last call of that name.
REAL = {
    "1 a bucket of somebody else, gzip and a handle": (
        "remote",
        "import boto3\nregion = boto3.Session().region_name\nbucket = f'sagemaker-example-files-prod-{region}'",
        (
            "import gzip, pickle\ns3 = boto3.client('s3')\ns3.download_file(bucket, 'datasets/mnist.pkl.gz', 'mnist.pkl.gz')\n"
            "with gzip.open('mnist.pkl.gz', 'rb') as f:\n    train_set = pickle.load(f, encoding='latin1')"
        ),
    ),
    "2 a file of a hub, the variable set anew": (
        "remote",
        "import torch\nfrom huggingface_hub import hf_hub_download\nfilepath = 'own.pt'\ntorch.save(x, filepath)",
        (
            "filepath = hf_hub_download(repo_id='somebody/images', filename='a.pt', repo_type='dataset')\na = torch.load(filepath)\n"
            "filepath = hf_hub_download(repo_id='somebody/images', filename='b.pt', repo_type='dataset')\nb = torch.load(filepath)"
        ),
    ),
    "3 every model of an open organisation, in a function": (
        "remote",
        "import torch, wget\nfrom huggingface_hub import HfApi\nmodels = [m.modelId for m in HfApi().list_models(author='somebody')]",
        (
            "def embeds(model_id):\n    url = f'https://huggingface.co/{model_id}/resolve/main/learned_embeds.bin'\n"
            "    path = wget.download(url)\n    return torch.load(path)\nfor model_id in models:\n    embeds(model_id)"
        ),
    ),
    "4 a snapshot at a commit": (
        "verified",
        f"commit_hash = '{COMMIT}'",
        (
            "from huggingface_hub import snapshot_download\nimport joblib\nfolder = snapshot_download('somebody/model', revision=commit_hash)\n"
            "joblib.load(folder + '/head.pkl')"
        ),
    ),
    "5 a digest of the old file": (
        "remote",
        (
            "import hashlib, os, joblib\nfrom urllib.request import urlretrieve\nif not os.path.exists('m.pkl') or hashlib.md5(open('m.pkl', 'rb')"
            ".read()).hexdigest() != 'acbd18db4cc2f85cedef654fccc4a4d8':\n    urlretrieve('http://example.org/m.pkl', 'm.pkl')\njoblib.load('m.pkl')"
        ),
    ),
    "6 a column of a table off the net": (
        "remote",
        "import pandas as pd\nvideos = pd.read_csv('https://example.org/videos.csv')",
        "import json\ndef vectors(frame):\n    return [json.load(v) for v in frame['embedding']]\nvectors(videos)",
    ),
    "7 a reply of an endpoint": (
        "remote",
        (
            "import boto3, pickle\nresponse = boto3.client('sagemaker-runtime').invoke_endpoint(EndpointName=n, Body=b)\n"
            "pickle.load(response['Body'])"
        ),
    ),
    "8 a script by branch": ("remote", "!wget https://raw.githubusercontent.com/acme/x/main/lib.py", "load('lib.py')"),
    "9 a script by branch, then launched": (
        "remote",
        "!wget https://raw.githubusercontent.com/acme/x/main/train.py",
        "load('train.py')",
    ),
    "9b the same in one cell": (
        "remote",
        "!wget https://raw.githubusercontent.com/acme/x/main/setup.py\nload('setup.py')",
    ),
    "10 an installer": ("remote", "!wget https://example.org/local_mode_setup.sh", "load('./local_mode_setup.sh')"),
    "11 an archive in a script, then a member": (
        "remote",
        "%%bash\nmkdir -p data\ncd data\nwget http://example.org/cifar-10-python.tar.gz\ntar xfvz cifar-10-python.tar.gz",
        "import pickle\npickle.load(open('data/cifar-10-batches-py/data_batch_1', 'rb'))",
    ),
    "13 a file of a clone": (
        "remote",
        "!git clone https://github.com/acme/samples.git",
        "load('samples/notebooks/model.pkl')",
    ),
    "14 written and read": ("own", "import joblib\njoblib.dump(m, 'm.pkl')", LOAD),
    "14b saved and read": (
        "own",
        "import torch\ntorch.save(m.state_dict(), 'm.pth')",
        "m.load_state_dict(torch.load('m.pth'))\ntorch.load('m.pth')",
    ),
    "15 a job's artefact in one's own bucket": (
        "unknown",
        "BUCKET = f'gs://{PROJECT}-bucket'\nMODEL_DIR = BUCKET + '/model'",
        "import joblib\njoblib.load(MODEL_DIR)",
    ),
    "16 bytes of one's own endpoint": (
        "unknown",
        "import io, numpy as np\ndef decode(model_output):\n    return np.load(io.BytesIO(model_output))",
    ),
    "17 a loader in a file that the notebook writes": (
        "unknown",
        "%%writefile inference.py\nimport joblib\njoblib.load('model.joblib')",
    ),
    "18 a signed URL of a picture": (
        "remote",
        "import requests\nload(requests.get('https://x.blob.core.windows.net/a.png?sig=x', stream=True).raw)",
    ),
    "19 a stream into a folder": (
        "unknown",  # a stream leaves no archive that could be named
        "!curl '{signed_url}' | tar -xzvf - -C ./gemma/",
        "load('other/model.pkl')",
    ),
    "20 an id of a drive": (
        "remote",
        "import gdown\ngdown.download(url='https://drive.google.com/uc?id=1Ag0', output='bard.zip')\n!unzip -q bard.zip -d bard",
        "load('bard/model.pkl')",
    ),
}

FORMS = {
    "handle with bz2": ("remote", GET + "import bz2, pickle\nwith bz2.open('m.pkl') as f:\n    pickle.load(f)"),
    "two handles": ("remote", GET + "import gzip, pickle\nwith open('m.pkl', 'rb') as raw, gzip.GzipFile(fileobj=raw) as f:\n    pickle.load(raw)"),
    "bytes in a buffer": ("remote", "import io, requests, joblib\nr = requests.get(u)\njoblib.load(io.BytesIO(r.content))"),
    "member of a zip": (
        "remote",
        "import io, zipfile, requests, pickle\nz = zipfile.ZipFile(io.BytesIO(requests.get(u).content))\npickle.load(z.open('m.pkl'))",
    ),
    "pathlib": (
        "remote",
        ("from pathlib import Path\nfrom urllib.request import urlretrieve\nfolder = Path('data')\np = folder / 'm.pkl'\nurlretrieve(u, p)\n"
        "load((folder / 'm.pkl').open('rb'))"),
    ),
    "read_bytes": ("remote", GET + "from pathlib import Path\nload(Path('m.pkl').read_bytes())"),
    "write_bytes": ("remote", "import requests\nfrom pathlib import Path\nPath('m.pkl').write_bytes(requests.get(u).content)\nload('m.pkl')"),
    "in chunks": (
        "remote",
        ("import requests\nr = requests.get(u, stream=True)\nwith open('m.pkl', 'wb') as f:\n    for chunk in r.iter_content(8192):\n"
        "        f.write(chunk)\nload('m.pkl')"),
    ),
    "copyfileobj": ("remote", "import requests, shutil\nwith open('m.pkl', 'wb') as f:\n    shutil.copyfileobj(requests.get(u, stream=True).raw, f)\nload('m.pkl')"),
    "into a buffer": ("remote", "import boto3, io\nb = io.BytesIO()\nboto3.client('s3').download_fileobj('others', 'm.pkl', b)\nload(b)"),
    "wget -O": ("remote", "!wget -q https://example.org/x -O data/m.pkl", "load('data/m.pkl')"),
    "wget -P": ("remote", "!wget -P data https://example.org/m.pkl", "load('data/m.pkl')"),
    "curl -o": ("remote", "!curl -sLo m.pkl https://example.org/x", "load('m.pkl')"),
    "curl redirected": ("remote", "!curl -sL https://example.org/x > m.pkl", "load('m.pkl')"),
    "cp": ("remote", GET + "!cp m.pkl models/", "load('models/m.pkl')"),
    "cp -r": ("remote", "!wget -P ref https://example.org/m.pkl\n!cp -r ref models", "load('models/m.pkl')"),
    "mv with a glob": ("remote", "!wget -P ref https://example.org/m.pkl\n!mv ref/*.pkl models", "load('models/m.pkl')"),
    "shutil.move": ("remote", GET + "import shutil\nshutil.move('m.pkl', 'n.pkl')\nload('n.pkl')"),
    "rename": ("remote", GET + "from pathlib import Path\nPath('m.pkl').rename('n.pkl')\nload('n.pkl')"),
    "copied from who knows where": ("unknown", "!cp /shared/m.pkl .", "load('m.pkl')"),
    "cd in a script": ("remote", "!cd data && wget https://example.org/m.pkl", "load('data/m.pkl')"),
    "%cd": ("remote", "%cd data\n!wget https://example.org/m.pkl\n%cd ..", "load('data/m.pkl')"),
    "os.chdir": ("remote", "import os\nos.chdir('data')\n!wget https://example.org/m.pkl", "load('m.pkl')"),
    "other folder": ("own", "%cd a\nimport joblib\njoblib.dump(x, 'm.pkl')\n%cd ../b\n!wget https://example.org/m.pkl\n%cd ../a\njoblib.load('m.pkl')"),
    "unpack_archive": ("remote", "import shutil\n!wget https://example.org/a.zip\nshutil.unpack_archive('a.zip', 'out')\nload('out/m.pkl')"),
    "zipfile": (
        "remote",
        "import zipfile\n!wget https://example.org/a.zip\nwith zipfile.ZipFile('a.zip') as z:\n    z.extractall('out')\nload('out/b/m.pkl')",
    ),
    "own archive": ("own", "!tar czf a.tgz models\n!mkdir out && tar xzf a.tgz -C out", "load('out/models/m.pkl')"),
    "extracted here, named like the archive": ("remote", "!wget https://example.org/flowers.tgz\n!tar xzf flowers.tgz", "load('flowers/m.pkl')"),
    "a copy of a copy": ("remote", GET + "!cp m.pkl a.pkl\n!cp a.pkl b.pkl\n!gzip -d b.pkl", "load('b.pkl')"),
    "loop over names": (
        "remote",
        "from urllib.request import urlretrieve\nfor n in ['a.pkl', 'b.pkl']:\n    urlretrieve('https://example.org/' + n, n)\nload('b.pkl')",
    ),
    "loop over pairs": (
        "remote",
        "from urllib.request import urlretrieve\nfor n, u in {'a.pkl': 'https://example.org/1'}.items():\n    urlretrieve(u, f'data/{n}')\nload('data/a.pkl')",
    ),
    "loop over an unknown list": (
        "remote",
        "from urllib.request import urlretrieve\nfor n in names:\n    urlretrieve(base + n, f'models/{n}.pkl')\nfor n in names:\n    load(f'models/{n}.pkl')",
    ),
    "pattern": ("remote", "from urllib.request import urlretrieve\nurlretrieve(u, f'models/{n}.pkl')\nload('models/a.pkl')"),
    "function with parameters": (
        "remote",
        "from urllib.request import urlretrieve\ndef get(url, path):\n    urlretrieve(url, path)\nget('https://example.org/1', 'm.pkl')",
        "load('m.pkl')",
    ),
    "function that returns the path": (
        "remote",
        ("import os\nfrom urllib.request import urlretrieve\ndef get(url):\n    path = os.path.join('data', os.path.basename(url))\n"
        "    if not os.path.exists(path):\n        urlretrieve(url, path)\n    return path\nload(get('https://example.org/m.pkl'))"),
    ),
    "function that loads what it is told": ("remote", GET + "import pickle\ndef read(path):\n    with open(path, 'rb') as f:\n        return pickle.load(f)\nread('m.pkl')"),
    "function that saves what it is told": ("own", "import joblib\ndef keep(model, path):\n    joblib.dump(model, path)\nkeep(m, 'm.pkl')", LOAD),
    "function called after the write": ("own", "import joblib\ndef again():\n    return joblib.load('m.pkl')", "joblib.dump(m, 'm.pkl')", "again()"),
    "function called before and after": ("unknown", "import joblib\ndef again():\n    return joblib.load('m.pkl')", "again()", "joblib.dump(m, 'm.pkl')", "again()"),
    "download in a function, called last": (
        "remote",
        "def get():\n    " + GET.replace("\n", "\n    ") + "\nimport joblib\njoblib.dump(m, 'm.pkl')",
        "get()",
        LOAD,
    ),
    "conditional download": ("remote", "import os\nfrom urllib.request import urlretrieve\nif not os.path.exists('m.pkl'):\n    urlretrieve(u, 'm.pkl')\nload('m.pkl')"),
    "conditional write after a download": ("remote", GET + "import joblib\nif new:\n    joblib.dump(m, 'm.pkl')\n" + LOAD),
    "write after a download": ("own", GET + "import joblib\njoblib.dump(m, 'm.pkl')\n" + LOAD),
    "write by a function that nobody calls": ("remote", GET + "import joblib\ndef train():\n    joblib.dump(m, 'm.pkl')\n" + LOAD),
    "download after a write": ("remote", "import joblib\njoblib.dump(m, 'm.pkl')\n" + GET + LOAD),
    "variable set anew": ("own", "import joblib\np = 'm.pkl'\n" + GET + "p = 'own.pkl'\njoblib.dump(m, p)\njoblib.load(p)"),
    "dump below load": ("unknown", LOAD, "joblib.dump(m, 'm.pkl')"),
    "download below load": ("remote", LOAD, GET),
    "cache": ("own", "import joblib\ntry:\n    m = joblib.load('m.pkl')\nexcept FileNotFoundError:\n    joblib.dump(train(), 'm.pkl')"),
    "round trip in memory": ("own", "import io, torch\nb = io.BytesIO()\ntorch.save(m, b)\nb.seek(0)\ntorch.load(b)"),
    "round trip of bytes": ("own", "import pickle\ndata = pickle.dumps(m)\nload(data)"),
    "round trip by handles": ("own", "import pickle\nwith open('m.pkl', 'wb') as f:\n    pickle.dump(m, f)\nwith open('m.pkl', 'rb') as f:\n    pickle.load(f)"),
    "temporary folder": ("own", "import os, tempfile, joblib\nd = tempfile.mkdtemp()\np = os.path.join(d, 'm.pkl')\njoblib.dump(m, p)\njoblib.load(p)"),
    "what a trainer saves": ("own", "args = TrainingArguments(output_dir='run')", "load('run/checkpoint-5/optimizer.pt')"),
    "what a script is told to write": ("own", "!python train.py --output_dir run --epochs 3", "load('run/model.pt')"),
    "a glob": ("remote", "!wget -P ckpt https://example.org/m.pt", "import glob\nfor p in glob.glob('ckpt/*.pt'):\n    load(p)"),
    "%%writefile": ("own", "%%writefile m.yaml\na: 1", "load(open('m.yaml'))"),
    "nothing known": ("unknown", LOAD),
    "a bucket of a variable": ("unknown", "import pandas as pd\nload(f's3://{bucket}/m.pkl')"),
    "a URL": ("remote", "load('https://example.org/m.pkl')"),
    "a URL with a commit": ("verified", f"load('https://huggingface.co/a/b/resolve/{COMMIT}/m.pkl')"),
    "checked in between": ("verified", GET + f"import hashlib\nassert hashlib.sha256(open('m.pkl', 'rb').read()).hexdigest() == '{SHA}'\n" + LOAD),
    "checked after the load": ("remote", GET + LOAD + f"\nimport hashlib\nassert hashlib.sha256(open('m.pkl', 'rb').read()).hexdigest() == '{SHA}'"),
    "checked, then fetched anew": ("remote", GET + f"import hashlib\nassert hashlib.sha256(open('m.pkl', 'rb').read()).hexdigest() == '{SHA}'\n" + GET + LOAD),
    "a path made of itself": ("unknown", "p = p + '/x'\nload(p)"),
    "a file copied onto itself": ("unknown", "!cp m.pkl m.pkl", LOAD),
    "two files copied in a circle": ("unknown", "!cp a.pkl b.pkl\n!cp b.pkl a.pkl", "load('a.pkl')"),
    "a function that calls itself": ("unknown", "def f(p):\n    return f(p)\nload(f('m.pkl'))"),
}  # fmt: skip


def word(*cells: str, counts: tuple[int | None, ...] = ()) -> str:
    found = origin_of(*cells, counts=counts)
    return "verified" if found.verified else found.origin.value


@pytest.mark.parametrize("name", REAL)
def test_real_flows(name: str):
    expected, *cells = REAL[name]
    assert word(*cells) == expected


@pytest.mark.parametrize("name", FORMS)
def test_forms(name: str):
    expected, *cells = FORMS[name]
    assert word(*cells) == expected


DUMP = "import joblib\njoblib.dump(m, 'm.pkl')"


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((1, 2), "own"),
        ((3, 7), "own"),
        ((None, None), "own"),
        ((2, 1), "unknown"),
        ((None, 1), "unknown"),
        ((5, None), "own"),
    ],
)
def test_execution_counts_may_contradict_the_order(counts: tuple[int | None, ...], expected: str):
    assert word(DUMP, LOAD, counts=counts) == expected


def test_a_download_is_believed_in_any_order():
    assert word(GET, LOAD, counts=(2, 1)) == "remote"


def test_the_fetch_is_named():
    found = origin_of(GET, LOAD)
    assert found.fetch is not None
    assert found.subject == "https://example.org/m.pkl"
    assert found.fetch.place.cell == 0


def test_the_cost_is_linear():
    names = [f"m{number}.pkl" for number in range(5000)]
    fetch = "from urllib.request import urlretrieve\n" + "\n".join(
        f"urlretrieve(base + '{name}', '{name}')" for name in names
    )
    codes = codes_of(fetch, "import joblib\n" + "\n".join(f"joblib.load('{name}')" for name in names))
    start = time.process_time()
    found = [provenance(codes[1], call.node.args[0], call.node) for call in codes[1].calls]
    assert time.process_time() - start < 10
    assert {one.origin.value for one in found} == {"remote"}
