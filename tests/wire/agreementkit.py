"""The example agreements as plain values, and copies of them with one thing changed."""

from __future__ import annotations

import copy
import json
import tomllib
from pathlib import Path

import jsonschema

from parley.wire.agreement_text import read_agreement
from parley.world.agreement_document import agreement_schema

EXAMPLES = Path(__file__).parents[2] / "examples" / "agreements"
LETTER = EXAMPLES / "letter-of-agreement.toml"
SCHEMA = jsonschema.Draft202012Validator(agreement_schema())


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


def put(clause_id, key, value):
    return lambda d: clause(d, clause_id).__setitem__(key, value)


def drop(clause_id, key):
    return lambda d: clause(d, clause_id).pop(key)


def put_zone(key, value):
    return lambda d: zone(d).__setitem__(key, value)


def put_window(key, value):
    return lambda d: zone(d)["schedule"]["windows"][0].__setitem__(key, value)


def put_top(key, value):
    return lambda d: d.__setitem__(key, value)


def put_party(number, key, value):
    return lambda d: d["parties"][number].__setitem__(key, value)
