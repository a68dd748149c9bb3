"""What the notebook's own installations say of versions."""

from __future__ import annotations

import pytest
from flows import codes_of

from jupyter_mlsecops.flows.pins import is_at_least, is_below

BELOW, AT_LEAST, NEITHER = (True, False), (False, True), (False, False)


def known(command: str, package: str, version: str) -> tuple[bool, bool]:
    code = codes_of(command, "import torch")[-1]
    return is_below(code, package, version), is_at_least(code, package, version)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("!pip install torch==2.3", BELOW),
        ("%pip install -q torch==2.3.1+cu118 torchvision", BELOW),
        ("!pip3 install 'torch<2.6'", BELOW),
        ("!pip install 'torch<=2.5.1'", BELOW),
        ("!pip install 'torch>=2.0,<2.6'", BELOW),
        ("!pip install 'torch~=2.3.0'", BELOW),
        ("!pip install 'torch==2.5.*'", BELOW),
        ("!conda install -y pytorch=2.3 -c pytorch", BELOW),
        ("!uv pip install torch==2.5", BELOW),
        ("import sys\n!{sys.executable} -m pip install torch==1.13.1", BELOW),
        ("import subprocess\nsubprocess.run(['pip', 'install', 'torch==2.3'])", BELOW),
        ("VERSION = '2.3.0'\n!pip install torch=={VERSION}", BELOW),
        ("!pip install 'torch>=2.6'", AT_LEAST),
        ("!pip install 'torch>2.6'", AT_LEAST),
        ("!pip install torch==2.6.0", AT_LEAST),
        ("!pip install 'torch~=2.7'", AT_LEAST),
        ("!pip install Torch===2.7.0", AT_LEAST),
        ("!conda install pytorch=2.7", AT_LEAST),
        ("!poetry add torch@2.7", AT_LEAST),
        ("!pip install torch", NEITHER),
        ("!pip install torch>=2.6", NEITHER),  # the shell writes into the file =2.6
        ("!pip install 'torch>=2.0'", NEITHER),
        ("!pip install 'torch==2.*'", NEITHER),
        ("!pip install 'torch~=2.3'", NEITHER),
        ("!pip install 'torch!=2.3'", NEITHER),
        ("!pip install torchvision==0.15 torch-geometric==2.3", NEITHER),
        ("!pip install torch=={version}", NEITHER),
        ("!pip install torch==nonsense..", NEITHER),
        ("print('pip install torch==2.3')", NEITHER),
        ("# !pip install torch==2.3", NEITHER),
        ("!pip uninstall -y torch==2.3", NEITHER),
    ],
)
def test_torch(command: str, expected: tuple[bool, bool]):
    assert known(command, "torch", "2.6") == expected


@pytest.mark.parametrize(
    ("command", "package", "version", "expected"),
    [
        ("!pip install 'datasets>=4'", "datasets", "4", AT_LEAST),
        ("!pip install datasets==3.6.0", "datasets", "4", BELOW),
        ("!pip install PyYAML==5.3", "pyyaml", "5.4", BELOW),
        ("!pip install pyyaml", "pyyaml", "5.4", NEITHER),
        ("%pip install 'pyyaml>=6.0'", "pyyaml", "6", AT_LEAST),
        ("!pip install 'py_yaml==6'", "pyyaml", "6", NEITHER),
    ],
)
def test_others(command: str, package: str, version: str, expected: tuple[bool, bool]):
    assert known(command, package, version) == expected


def test_another_namespace_has_its_own_versions():
    written, *_ = [code for code in codes_of("!pip install torch==2.3", "%%writefile a.py\nimport torch") if code.file]
    assert not is_below(written, "torch", "2.6")
