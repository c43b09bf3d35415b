"""Verify an evidence pack: by anyone, offline, with public keys alone. docs/pack.md has the steps.

Every byte is checked against the signatures or against the one form of a pack. It says "record
intact", which says nothing about truth; "undecided" where the record is what was signed, but nobody
else vouches for all of it; or it raises the fault that names step, log and entry. Each step is a
function of `verify_*`; what entries mean is `node`'s business.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from parley.review.pack import PACK_BYTES_MAX, Pack, check_form, read_pack
from parley.review.times import Cosigned, LogPart, Receipted
from parley.review.verify_entries import check_agreement, read_entries
from parley.review.verify_heads import (
    Given,
    check_cosignatures,
    check_given_chain,
    check_keys,
    check_notes,
    check_quorum,
    check_revoked,
    check_rotations,
    check_window,
    held_size,
    other_keys,
    policy_remarks,
)
from parley.review.verify_parts import (
    CONTESTED,
    FORKED,
    INTACT,
    NOT_INTACT,
    STEPS,
    CheckedLog,
    Finding,
    PackFault,
    finding_of,
    party_of,
    refuse,
)
from parley.review.verify_ranges import check_ranges
from parley.review.verify_said import (
    StatementReport,
    check_openings,
    check_proofs,
    check_receipts,
    check_statements,
    cosigned_of,
    parts_of,
)
from parley.trust.checkpoint import Cosignature
from parley.trust.keys import VerifierKey, parse_vkey
from parley.trust.policy import Policy, parse_policy
from parley.world.faults import InputFault, PeerFault

__all__ = [
    "CONTESTED",
    "FORKED",
    "INTACT",
    "NOT_INTACT",
    "PACK_BYTES_MAX",
    "Evidence",
    "Finding",
    "LogReport",
    "PackFault",
    "PackReport",
    "StepReport",
    "finding_of",
    "open_evidence",
    "read_pack",
    "verify_pack",
    "verify_same_history",
]


class StepReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step that was passed: its number and name, and what was found, in words."""

    number: int
    name: str
    found: str


class LogReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was checked of one log.

    Attributes:
        origin: the log.
        size: entries under its newest head.
        root_hex: that head's root.
        shown: ranges [start, end) of entries in the pack, every one of them under a signed root.
        log_key: vkey that signed the newest head, `log_key_from` says who vouches for the keys.
        log_key_from: "given" by the person who verifies, or the "pack" itself.
        fingerprint: of that key, to compare by voice with its owner.
        rotations: how often the key changed.
        cosigned_by: who holds the newest head, each with the times they said so.
        cosigners_from_pack: those of them whose key only the pack itself gives.
        not_cosigned_by: witnesses of the policy that have not cosigned the newest head.
        held: entries up to here are held by a quorum; beyond, only the log itself vouches.
        heads: how many other signed heads agree with it.
        plain: entries with their payload in them.
        opened: sealed entries whose payload is in the pack, and is the one committed to.
        sealed: sealed entries without it: they are there, and closed.
        unreadable: entries that no release at hand can read.
        receipts: how many receipts of single entries.
    """

    origin: str
    size: int
    root_hex: str
    shown: tuple[tuple[int, int], ...]
    log_key: str
    log_key_from: str
    fingerprint: str
    rotations: int
    cosigned_by: tuple[Cosignature, ...]
    cosigners_from_pack: tuple[str, ...]
    not_cosigned_by: tuple[str, ...]
    held: int
    heads: int
    plain: int
    opened: int
    sealed: int
    unreadable: int
    receipts: int


class PackReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The outcome of a verification that found nothing wrong.

    Attributes:
        verdict: "record intact": these are the bytes that were signed, and a quorum holds them;
            "undecided: ..." with the first reason where no quorum does, or somebody saw more.
        undecided: all the reasons.
        remarks: what a reader should know that changes no verdict.
        keys_from: "given" if every log key was, else "pack": then anyone could have made the whole
            pack, and the fingerprints must be compared with the owners of the keys.
        sha256_hex: of the pack.
        release: which openings are in it.
        title: words of the maker.
        made_us: when it was made, as the maker claims.
        steps: what each step found.
        logs: one report per log.
        statements: what the maker states, and how far it was checked.
    """

    verdict: str
    undecided: tuple[str, ...]
    remarks: tuple[str, ...]
    keys_from: str
    sha256_hex: str
    release: str
    title: str
    made_us: int
    steps: tuple[StepReport, ...]
    logs: tuple[LogReport, ...]
    statements: tuple[StatementReport, ...]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a verified pack holds, for whoever asks it questions (`times`, `silence`).

    Attributes:
        report: the outcome.
        pack: the pack.
        parts: decoded entries per log, with the openings that are shown.
        cosigned: verified cosignatures.
        receipts: verified receipts.
        roots: roots (hex) of all heads, by origin and size.
    """

    report: PackReport
    pack: Pack
    parts: tuple[LogPart, ...]
    cosigned: tuple[Cosigned, ...]
    receipts: tuple[Receipted, ...]
    roots: dict[tuple[str, int], str]


def verify_pack(
    data: bytes, trusted: Iterable[str] = (), policies: Iterable[bytes] = ()
) -> PackReport:
    """Return what was checked of a pack in which nothing is wrong.

    Args:
        data: the pack.
        trusted: vkeys that the verifying person has from their owners: `parley/PARTY/log` (or a
            key named by one log's origin), mirror, witness, link and root keys. Without any the
            keys of the pack are used and the report says so.
        policies: C2SP policies to use in place of the pack's own, each for the logs it names, or
            for all if it names none.

    Raises:
        InputFault: a trusted key is not a vkey, a policy is none, or no key is for a log.
        PackFault: the first thing that is wrong, naming step, log and entry where it can.
    """
    return _verify(data, trusted, policies)[0]


def open_evidence(
    data: bytes, trusted: Iterable[str] = (), policies: Iterable[bytes] = ()
) -> Evidence:
    """Return what a pack holds after verifying all of it.

    Raises:
        InputFault: as `verify_pack`.
        PackFault: as `verify_pack`.
    """
    report, pack, logs, receipts = _verify(data, trusted, policies)
    return Evidence(
        report=report,
        pack=pack,
        parts=tuple(parts_of(logs)),
        cosigned=tuple(cosigned_of(logs)),
        receipts=tuple(receipts),
        roots={
            (log.origin, head.size): head.checkpoint.root.hex()
            for log in logs
            for head in log.heads
        },
    )


_Checked = tuple[PackReport, Pack, list[CheckedLog], list[Receipted]]


def _verify(data: bytes, trusted: Iterable[str], policies: Iterable[bytes]) -> _Checked:
    given = _given(trusted)
    rules = [_given_policy(policy) for policy in policies]
    try:
        pack = read_pack(data)
    except PeerFault as fault:
        raise _as_form(fault) from None
    logs = check_keys(pack, given, rules)
    others = other_keys(pack, given)
    for log in logs:
        check_notes(log)
    for log in logs:
        check_cosignatures(log)
    undecided = [reason for log in logs for reason in check_quorum(log)]
    parties = {party_of(log.origin) for log in logs}
    remarks = [one for log in logs for one in policy_remarks(log, given, parties)]
    undecided += _check_entries(pack, logs, given, others, remarks)
    for log in logs:
        check_openings(pack, log)
        check_proofs(log)
    receipts = [one for log in logs for one in check_receipts(log, others)]
    statements = check_statements(pack, logs, receipts)
    try:
        check_form(data, pack)
    except PeerFault as fault:
        raise _as_form(fault) from None
    report = PackReport(
        verdict=f"undecided: {undecided[0]}" if undecided else INTACT,
        undecided=tuple(undecided),
        remarks=tuple(dict.fromkeys(remarks)),
        keys_from="given" if all(log.key_from == "given" for log in logs) else "pack",
        sha256_hex=hashlib.sha256(data).hexdigest(),
        release=pack.release,
        title=pack.title,
        made_us=pack.made_us,
        steps=_steps(pack, logs, undecided),
        logs=tuple(map(_log_report, logs)),
        statements=statements,
    )
    return report, pack, logs, receipts


def _check_entries(
    pack: Pack,
    logs: Sequence[CheckedLog],
    given: Given,
    others: dict[str, VerifierKey],
    remarks: list[str],
) -> list[str]:
    """Return why the record is undecided, after step 4 and what the entries say about keys."""
    for log in logs:
        check_ranges(log)
    for log in logs:
        read_entries(log)
    links: dict[str, list[tuple[bytes, bytes]]] = {}
    for log in logs:
        links.setdefault(party_of(log.origin), []).extend(check_rotations(log))
    check_given_chain(logs, links, given)
    check_revoked(logs, others)
    undecided = check_agreement(pack, logs, remarks)
    for log in logs:
        check_window(pack, log)
    return undecided


def _given(trusted: Iterable[str]) -> dict[str, tuple[VerifierKey, ...]]:
    found: dict[str, tuple[VerifierKey, ...]] = {}
    for text in trusted:
        key = parse_vkey(text)
        found[key.name] = (*found.get(key.name, ()), key)
    return found


def _given_policy(data: bytes) -> Policy:
    try:
        return parse_policy(data)
    except PeerFault as fault:
        raise InputFault(fault.what, value=fault.value, wanted=fault.wanted) from None


def _as_form(fault: PeerFault) -> PackFault:
    return PackFault(0, fault.what, value=fault.value, wanted=fault.wanted, repair=fault.repair)


# ---- the report ---------------------------------------------------------------------------------


def _log_report(log: CheckedLog) -> LogReport:
    newest = log.newest
    there = {each.cosigner for each in newest.cosigned}
    key = log.key_at(newest.size)
    shown = sum(len(one.entries) for one in log.ranges)
    opened = len(log.shown.openings)
    return LogReport(
        origin=log.origin,
        size=newest.size,
        root_hex=newest.checkpoint.root.hex(),
        shown=tuple((one.start, one.end) for one in log.ranges),
        log_key=key.vkey,
        log_key_from=log.key_from,
        fingerprint=key.fingerprint,
        rotations=len(log.keys) - 1,
        cosigned_by=newest.cosigned,
        cosigners_from_pack=tuple(sorted(there - log.given_cosigners)),
        not_cosigned_by=tuple(
            each.key.name for each in log.policy.witnesses if each.key.name not in there
        ),
        held=held_size(log),
        heads=len(log.heads) - 1,
        plain=shown - log.sealed - log.unreadable,
        opened=opened,
        sealed=log.sealed - opened,
        unreadable=log.unreadable,
        receipts=len(log.shown.receipts),
    )


def _steps(
    pack: Pack, logs: Sequence[CheckedLog], undecided: Sequence[str]
) -> tuple[StepReport, ...]:
    """Return what each step found, in words."""
    given = sum(log.key_from == "given" for log in logs)
    heads = sum(len(log.heads) for log in logs)
    cosigned = sum(len(head.cosigned) for log in logs for head in log.heads)
    entries = sum(len(one.entries) for log in logs for one in log.ranges)
    sealed = sum(log.sealed for log in logs)
    opened = sum(len(log.shown.openings) for log in logs)
    seen = sum(len(log.seen) for log in logs)
    receipts = sum(len(log.shown.receipts) for log in logs)
    shown = _count(sealed, "sealed payload is", "sealed payloads are")
    words = (
        "every byte of the file is one that the format calls for",
        f"{given} of {_count(len(logs), 'log is', 'logs are')} signed by a key that you gave"
        + ("" if given == len(logs) else "; the other keys come from the pack itself"),
        _count(heads, "signed head verifies", "signed heads verify") + ", by two libraries each",
        _count(cosigned, "cosignature verifies", "cosignatures verify")
        + "; "
        + ("; ".join(undecided) or "every log has its quorum"),
        _count(entries, "entry gives", "entries give")
        + " the signed roots, and "
        + _count(seen, "head that entries name fits them", "heads that entries name fit them"),
        f"{opened} of {shown} shown, each the one that was committed to",
        _count(len(pack.statements), "statement cites", "statements cite")
        + " entries that are here",
        _count(receipts, "receipt of a single entry verifies", "receipts of single entries verify"),
    )
    order = (*range(1, len(words)), 0)
    return tuple(StepReport(number=n, name=STEPS[n], found=words[n]) for n in order)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


# ---- two packs ----------------------------------------------------------------------------------


def verify_same_history(
    first: bytes, second: bytes, trusted: Sequence[str] = ()
) -> tuple[PackReport, PackReport]:
    """Return the reports of two packs after checking that no log forks between them.

    Two parties hand in their packs; where one log stands in both, one must be the start of the
    other.

    Raises:
        PackFault: as `verify_pack`; or a fork, naming log and first entry that differs.
    """
    one, other = _verify(first, trusted, ()), _verify(second, trusted, ())
    known = {log.origin: log for log in one[2]}
    for log in other[2]:
        if log.origin in known:
            _check_same(known[log.origin], log)
    return one[0], other[0]


def _check_same(one: CheckedLog, other: CheckedLog) -> None:
    if {key.public for key in one.keys}.isdisjoint(key.public for key in other.keys):
        refuse(
            1,
            f"{one.what} key",
            other.keys[0].vkey,
            one.keys[0].vkey,
            "ask the key's owner",
            log=one.origin,
        )
    index = _first_difference(one, other)
    if index is not None:
        refuse(
            4,
            f"{one.what} entry {index}",
            "forked: two different entries, both signed by the log's key",
            "one history",
            "keep both packs: together they prove the fork",
            log=one.origin,
            index=index,
            verdict=FORKED,
        )
    for head in other.heads:
        root = one.root_at(head.size) if head.size <= one.newest.size else None
        if root is not None and root != head.checkpoint.root:
            refuse(
                4,
                f"{one.what} range 0 to {head.size - 1}",
                f"forked: two signed roots for size {head.size}",
                "one history",
                "keep both packs: together they prove the fork",
                log=one.origin,
                index=0,
                last=head.size - 1,
                verdict=FORKED,
            )


def _first_difference(one: CheckedLog, other: CheckedLog) -> int | None:
    for mine in one.ranges:
        for theirs in other.ranges:
            start = max(mine.start, theirs.start)
            pairs = zip(
                mine.leaves[start - mine.start :],
                theirs.leaves[start - theirs.start :],
                strict=False,
            )
            at = next((n for n, (a, b) in enumerate(pairs) if a != b), None)
            if at is not None:
                return start + at
    return None
