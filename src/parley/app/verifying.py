"""From a verified pack to lines, and from what a person gives to keys and policies."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from parley.app.config import read_bytes
from parley.review.verify import LogReport, PackFault, PackReport
from parley.review.verify_parts import STEPS
from parley.trust.checkpoint import Cosignature
from parley.trust.keys import parse_vkey
from parley.trust.policy import POLICY_BYTES_MAX
from parley.world.faults import InputFault
from parley.world.time import format_instant
from parley.world.units import MICROSECONDS_PER_SECOND

_KEY_FILE_BYTES_MAX = 1_000_000
_VKEY = re.compile(r"[^\s\"',;=<>]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{40,}={0,2}")
QUESTIONS = {
    "form": "Is every byte of the file one that the format calls for?",
    "keys": "Whose keys are these, and did each key take over from the one before as it must?",
    "notes": "Is each head signed by the log's key that was in force at its size?",
    "quorum": "Who else says that they hold each head, since when, and are they enough?",
    "ranges": "Do the entries give the signed roots, and do all heads tell of one history?",
    "commitments": "Is each payload that is shown the one that its entry committed to?",
    "statements": "Is each entry that the maker cites here, and does it say what is stated?",
    "receipts": "Is each receipt for this very entry, and signed by the peer it names?",
}


def given_keys(values: Iterable[str]) -> list[str]:
    """Return the vkeys of `--key`: each value is a key itself, or a file with keys in its text.

    Raises:
        InputFault: not a key, no such file, or a file without a key.
    """
    found: list[str] = []
    for value in values:
        if _VKEY.fullmatch(value):
            found.append(value)
            continue
        path = Path(value)
        if not path.is_file():
            wanted = "a key (name+id+base64) or a file with keys"
            raise InputFault("--key", value=value, wanted=wanted)
        text = read_bytes(path, "key file", _KEY_FILE_BYTES_MAX).decode("utf-8", "replace")
        keys = _VKEY.findall(text)
        if not keys:
            raise InputFault(f"key file {value}", value="without a key", wanted="at least one")
        found += keys
    for text in found:
        try:
            parse_vkey(text)
        except InputFault as fault:
            raise InputFault(
                "--key", value=fault.value, wanted=fault.wanted, repair=fault.repair
            ) from None
    return list(dict.fromkeys(found))


def given_policies(path: Path | None) -> list[bytes]:
    """Return the policy of `--policy`, if one is named.

    Raises:
        InputFault: no such file.
    """
    return [] if path is None else [read_bytes(path, "policy", POLICY_BYTES_MAX)]


# ---- lines --------------------------------------------------------------------------------------


def report_lines(
    report: PackReport, *, explain: bool = False, given: Iterable[str] = ()
) -> list[str]:
    """Return the outcome of a verification in lines: the verdict first, then each log.

    Args:
        report: the outcome.
        explain: whether each step is told.
        given: the keys that the person gave; a log's own may only lead to one of them.
    """
    public = frozenset(parse_vkey(text).public for text in given)
    lines = [f"{report.verdict}: {_count(len(report.logs), 'log')}, SHA-256 {report.sha256_hex}"]
    lines += [f"also undecided: {reason}" for reason in report.undecided[1:]]
    lines += [f"note: {remark}" for remark in report.remarks]
    if report.release != "full" or report.title:
        lines.append(f"release: {report.release}" + (f", {report.title!r}" if report.title else ""))
    for log in report.logs:
        lines += _log_lines(log, public)
    for number, statement in enumerate(report.statements):
        lines.append(f"statement {number} ({statement.checked}): {statement.text!r}")
    if explain:
        for step in sorted(report.steps, key=lambda each: each.number):
            lines.append(f"step {step.number}, {step.name}: {QUESTIONS[step.name]}")
            lines.append(f"  {step.found}")
    if report.keys_from == "pack":
        lines.append(
            "The keys came with the pack: compare fingerprints with their owners, or give --key."
        )
    return lines


def fault_lines(name: str, fault: PackFault, *, explain: bool = False) -> list[str]:
    """Return why a pack is refused, in lines."""
    lines = [f"parley: {name}: {fault.verdict}: {fault}"]
    if explain:
        step = STEPS[fault.step]
        lines.append(f"step {fault.step}, {step}: {QUESTIONS[step]}")
        if fault.log and fault.index is not None:
            last = fault.index if fault.last is None else fault.last
            place = f"entry {fault.index}" if last == fault.index else f"{fault.index} to {last}"
            lines.append(f"  at {fault.log}, {place}; what stands before it was not found wrong")
        lines.append("  Do not rely on any of it; keep the file: what is wrong is evidence too.")
    return lines


def _log_lines(log: LogReport, public: Collection[bytes]) -> list[str]:
    whose = "key given" if log.log_key_from == "given" else "key from the pack"
    if public and log.log_key_from == "given" and parse_vkey(log.log_key).public not in public:
        whose = "key linked to one given by the changes in the logs"
    changes = f", changed {_count(log.rotations, 'time')}" if log.rotations else ""
    lines = [
        f"{log.origin}: {_count(log.size, 'entry', 'entries')}, root {log.root_hex}",
        f"  {whose}{changes}, fingerprint {log.fingerprint}",
    ]
    if log.shown != ((0, log.size),):
        parts = ", ".join(f"{start} to {end - 1}" for start, end in log.shown if end > start)
        lines.append(f"  shown: {f'entries {parts}' if parts else 'no entries, only heads'}")
    if log.opened or log.sealed:
        lines.append(
            f"  payloads: {log.plain} plain, {log.opened} opened, {log.sealed} sealed "
            "(there, and closed)"
        )
    names = dict.fromkeys(each.cosigner for each in log.cosigned_by)
    lines += [_held([each for each in log.cosigned_by if each.cosigner == name]) for name in names]
    lines += [f"  this head is not cosigned by {name}" for name in log.not_cosigned_by]
    if log.held < log.size and log.not_cosigned_by:
        lines.append(f"  from entry {log.held} on only the log itself vouches for it")
    return lines


def _held(said: Sequence[Cosignature]) -> str:
    """Return that one cosigner holds or saw a head, with each time at which it said so."""
    times_s = sorted({each.time_s for each in said})
    at = " and again at ".join(format_instant(at * MICROSECONDS_PER_SECOND) for at in times_s)
    name = said[0].cosigner
    if name.endswith("/witness"):
        return f"  this head seen by {name}, it says, at {at}"
    return f"  all of it held by {name}, it says, at {at}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
