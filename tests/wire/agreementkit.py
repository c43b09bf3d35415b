"""The example agreements as plain values, and copies of them with one thing changed."""

from __future__ import annotations

import copy
import json
import tomllib
from pathlib import Path

from parley.wire.agreement_text import read_agreement

EXAMPLES = Path(__file__).parents[2] / "examples" / "agreements"
LETTER = EXAMPLES / "letter-of-agreement.toml"


def plain(path: Path = LETTER) -> dict:
    return tomllib.loads(path.read_text("utf-8"))


def clause(document: dict, clause_id: str) -> dict:
    return next(each for each in document["clauses"] if each["id"] == clause_id)


def zone(document: dict, zone_id: str = "KARST-RANGE") -> dict:
    return next(each for each in document["zones"] if each["id"] == zone_id)


def changed(change) -> dict:
    document = copy.deepcopy(plain())
    change(document)
    return document


def read(document: object, name: str = "loa.json"):
    return read_agreement(json.dumps(document).encode(), name)


def agreement(document: object):
    found = read(document)
    assert found.agreement is not None, [str(fault) for fault in found.faults]
    return found.agreement


def faults(change) -> list[str]:
    found = read(changed(change))
    return [str(fault) for fault in found.faults]
