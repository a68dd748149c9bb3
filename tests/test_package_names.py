"""Names of packages: tables that agree with each other, and the distance between names."""

from __future__ import annotations

import random
import time
from functools import cache

import pytest

from jupyter_mlsecops.detection.package_names import Slip, compromise, confusion, edit_distance, is_known
from jupyter_mlsecops.knowledge import table
from jupyter_mlsecops.notebook.packages.requirements import normalise


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("numpy", "numpy", 0),
        ("nmupy", "numpy", 1),
        ("numy", "numpy", 1),
        ("numpyy", "numpy", 1),
        ("nunpy", "numpy", 1),
        ("unmyp", "numpy", 2),
        ("", "ab", 2),
        ("ab", "", 2),
        ("pandas", "numpy", 3),
        ("transfromres", "transformers", 2),
    ],
)
def test_edit_distance(one: str, other: str, distance: int):
    assert edit_distance(one, other, most=2) == distance


def test_the_band_loses_nothing():
    draw = random.Random(1)
    for _ in range(2000):
        one, other = ("".join(draw.choices("abc", k=draw.randrange(8))) for _ in range(2))
        assert edit_distance(one, other, most=2) == min(3, whole_distance(one, other))


@cache
def whole_distance(one: str, other: str) -> int:
    if not one or not other:
        return len(one) + len(other)
    best = whole_distance(one[:-1], other[:-1]) + (one[-1] != other[-1])
    best = min(best, whole_distance(one[:-1], other) + 1, whole_distance(one, other[:-1]) + 1)
    if len(one) > 1 and len(other) > 1 and one[-2:] == other[-1] + other[-2]:
        best = min(best, whole_distance(one[:-2], other[:-2]) + 1)
    return best


def test_the_tables_are_normalised_and_agree():
    facts = table("package_names")
    known, popular = facts["known"].split(), facts["popular"].split()
    wrong = [
        name for section in ("imports", "stubs", "slips", "removed", "system", "elsewhere") for name in facts[section]
    ]
    wrong += facts["pasted"]["words"]
    for names in (known, popular, wrong, facts["standard-library"].split()):
        assert len(set(names)) == len(names)
        assert all(name == normalise(name) for name in names)
    assert sorted(known) == known
    assert sorted(popular) == popular
    assert not set(known) & set(popular)
    assert not (set(known) | set(popular)) & (set(wrong) | set(facts["standard-library"].split()))
    for section in ("imports", "stubs", "slips", "removed", "system"):
        assert all(is_known(right) for right in facts[section].values() if right), section


def test_no_well_known_package_is_a_slip():
    facts = table("package_names")
    assert not [name for name in (facts["known"] + facts["popular"]).split() if confusion(name)]


@pytest.mark.parametrize(
    "name", ["torchx", "grequests", "ctransformers", "our-tools", "acme", "x", "a-b", "é", "Pillow", "ruamel.yaml"]
)
def test_other_names(name: str):
    assert confusion(name) is None


@pytest.mark.parametrize(
    ("name", "right", "slip"),
    [
        ("Reqeusts", "requests", Slip.NEAR),
        ("scikitlearn", "scikit-learn", Slip.NEAR),
        ("xg.boost", "xgboost", Slip.NEAR),
        ("python3_numpy", "numpy", Slip.NEAR),
        ("crew_ai", "crewai", Slip.KNOWN),
        ("SKLEARN", "scikit-learn", Slip.IMPORT),
        ("json", "", Slip.STANDARD),
    ],
)
def test_slips(name: str, right: str, slip: Slip):
    found = confusion(name)
    assert found is not None
    assert (found.right, found.slip) == (right, slip)


@pytest.mark.parametrize(
    ("version", "is_bad"), [("8.3.41", True), ("8.3.41.0", True), ("8.3.43", False), ("latest", False)]
)
def test_malicious_releases(version: str, is_bad: bool):
    found = compromise("Ultralytics")
    assert found is not None
    assert found.includes(version) is is_bad


def test_many_names_cost_little():
    started = time.process_time()
    for number in range(3000):
        confusion(f"transformer{number}")
        confusion("a-" * 50 + str(number))
    assert time.process_time() - started < 3
