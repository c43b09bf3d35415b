"""From a verified pack to lines, and from given keys to the logs that they are for."""

from __future__ import annotations

from collections.abc import Iterable

from parley.app.keyfile import key_name_of
from parley.node.entries import log_name
from parley.review.verify import LogReport, PackReport
from parley.trust.keys import ALGORITHM_ED25519, parse_vkey
from parley.world.faults import Fault, InputFault
from parley.world.time import format_instant
from parley.world.units import MICROSECONDS_PER_SECOND


def trusted_keys(vkeys: Iterable[str], origins: Iterable[str]) -> dict[str, str] | None:
    """Return given keys as `verify_pack` takes them; None without any.

    A log key is for all logs of the party that it is named after; a mirror key is for its name.

    Raises:
        InputFault: not a vkey, one given twice, or a log key for which the pack has no log.
    """
    keys = {}
    for text in vkeys:
        try:
            key = parse_vkey(text)
        except InputFault as fault:
            repair = fault.repair
            raise InputFault(
                "--key", value=fault.value, wanted=fault.wanted, repair=repair
            ) from None
        if key.name in keys:
            raise InputFault("--key", value=key.name, wanted="each key once")
        keys[key.name] = key
    if not keys:
        return None
    trusted = {name: key.vkey for name, key in keys.items()}
    used = set()
    for origin in origins:
        name = key_name_of(_party(origin), "log")
        if name in keys:
            used.add(name)
            trusted[origin] = keys[name].vkey
    for name, key in keys.items():
        if key.algorithm == ALGORITHM_ED25519 and name not in used:
            raise InputFault("--key", value=name, wanted="a key of a log in the pack")
    return trusted


def _party(origin: str) -> str:
    try:
        return log_name(origin).party
    except Fault:
        return ""


def report_lines(report: PackReport) -> list[str]:
    """Return the outcome of a verification in lines: the verdict first, then each log."""
    lines = [f"{report.verdict}: {_count(len(report.logs), 'log')}, SHA-256 {report.sha256_hex}"]
    for log in report.logs:
        lines += _log_lines(log)
    if report.keys_from == "pack":
        lines.append(
            "The keys came with the pack: compare fingerprints with their owners, or give --key."
        )
    return lines


def _log_lines(log: LogReport) -> list[str]:
    whose = "key given" if log.log_key_from == "given" else "key from the pack"
    lines = [
        f"{log.origin}: {_count(log.size, 'entry', 'entries')}, root {log.root_hex}",
        f"  {whose}, fingerprint {log.fingerprint}",
    ]
    for each in log.cosigned_by:
        at = format_instant(each.time_s * MICROSECONDS_PER_SECOND)
        lines.append(f"  all of it held by {each.cosigner}, it says, at {at}")
    lines += [f"  this head is not cosigned by {name}" for name in log.not_cosigned_by]
    return lines


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
