"""Steps 5 to 7 of a verification: opened payloads, what the maker states, receipts of peers.

A sealed entry without its opening is sealed, never absent. Statements of the kinds known here are
computed again from the entries that are shown; words of the maker stay words of the maker.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from parley.node.encoding import decode_entry, sealed_part
from parley.node.entries import Entry, LogOpened, log_name
from parley.review.pack import Pack, Statement
from parley.review.silence import answer_silence
from parley.review.silence_words import question_from_values
from parley.review.times import Cosigned, LogPart, Receipted, read_part
from parley.review.verify_parts import CheckedLog, party_of, refuse
from parley.trust.keys import VerifierKey
from parley.trust.proof import parse_proof
from parley.trust.seal import verify_commitment
from parley.trust.statements import verify_receipt
from parley.trust.tree import verify_inclusion
from parley.world.faults import Fault, PeerFault

WORDS = "words of the maker"
RECOMPUTED = "computed again"
SILENCES_MAX = 64
"""Each reads all that the pack shows."""


class StatementReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A statement of the pack and how it was checked: "computed again", or the maker's words."""

    kind: str
    text: str
    cites: tuple[tuple[int, int], ...]
    checked: str


# ---- 5 commitments ------------------------------------------------------------------------------


def check_openings(pack: Pack, log: CheckedLog) -> None:
    """Check that every opening is what its entry committed to.

    Raises:
        PackFault: naming the entry.
    """
    if pack.release == "sealed" and log.shown.openings:
        index = min(log.shown.openings)
        refuse(
            5,
            f"{log.what} entry {index}",
            "opened",
            "no opening in a sealed pack",
            log=log.origin,
            index=index,
        )
    for index, opening in log.shown.openings.items():
        what = f"{log.what} entry {index}"
        commit = sealed_part(log.entry(index) or b"").commit
        if commit is None:
            refuse(5, what, "opened", "a sealed entry that is shown", log=log.origin, index=index)
        try:
            verify_commitment(opening, commit)
        except PeerFault:
            refuse(
                5,
                f"{what} opening",
                "not what the entry committed to: another payload, or another salt",
                f"commitment {commit[:16]}",
                log=log.origin,
                index=index,
            )


# ---- 6 statements -------------------------------------------------------------------------------


def check_proofs(log: CheckedLog) -> None:
    """Check the proof files of cited entries.

    Raises:
        PackFault: naming the entry.
    """
    notes = {one.checkpoint: one.note.data for one in log.heads}
    for index, data in log.shown.proofs.items():
        what = f"{log.what} proof of entry {index}"
        leaf = log.leaf(index)
        if leaf is None:
            refuse(6, what, wanted="an entry that is shown", log=log.origin, index=index)
        try:
            proof = parse_proof(data)
            head = next((h for h, note in notes.items() if note == proof.checkpoint), None)
            if head is None or proof.index != index:
                raise PeerFault(what, wanted=f"index {index} under a head of the pack")
            verify_inclusion(leaf, index, head.size, proof.hashes, head.root)
        except PeerFault as fault:
            refuse(6, what, str(fault), log=log.origin, index=index)


def check_statements(
    pack: Pack, logs: Sequence[CheckedLog], receipts: Sequence[Receipted]
) -> tuple[StatementReport, ...]:
    """Return each statement with how far it was checked.

    Raises:
        PackFault: a cited entry that is not shown, or a statement that does not hold.
    """
    evidence = _Evidence(logs, receipts)
    silences = sum(statement.kind == "silence" for statement in pack.statements)
    if silences > SILENCES_MAX:
        refuse(6, "statements", f"{silences} about silence", f"at most {SILENCES_MAX}")
    found = []
    for number, statement in enumerate(pack.statements):
        what = f"statement {number}"
        for at, index in statement.cites:
            if not 0 <= at < len(logs) or logs[at].entry(index) is None:
                origin = logs[at].origin if 0 <= at < len(logs) else f"log number {at}"
                refuse(
                    6,
                    f"{what} cites entry {index} of {origin}",
                    "not shown",
                    "an entry of the pack",
                    log=origin,
                    index=index,
                )
        check = _KINDS.get(statement.kind)
        if check is not None:
            check(evidence, what, statement)
        found.append(
            StatementReport(
                kind=statement.kind,
                text=statement.text,
                cites=statement.cites,
                checked=RECOMPUTED if check is not None else WORDS,
            )
        )
    return tuple(found)


class _Evidence:
    """What statements are computed from; read when it is first asked for."""

    def __init__(self, logs: Sequence[CheckedLog], receipts: Sequence[Receipted]) -> None:
        self.logs = logs
        self.receipts = receipts
        self._parts: list[LogPart] | None = None

    @property
    def parts(self) -> list[LogPart]:
        """The logs as decoded; of a log shown in pieces, its first."""
        if self._parts is None:
            self._parts = parts_of(self.logs)
        return self._parts

    def one(self, what: str, statement: Statement) -> tuple[CheckedLog, int]:
        """Return the one entry that a statement cites."""
        if len(statement.cites) != 1:
            refuse(6, what, f"{len(statement.cites)} entries cited", "one")
        at, index = statement.cites[0]
        return self.logs[at], index


def parts_of(logs: Sequence[CheckedLog]) -> list[LogPart]:
    """Return the decoded entries of checked logs, with the openings that the pack holds."""
    return [
        read_part(log.origin, log.ranges[0].start, log.ranges[0].entries, log.shown.openings)
        for log in logs
        if log.ranges and party_of(log.origin)
    ]


def cosigned_of(logs: Sequence[CheckedLog]) -> list[Cosigned]:
    """Return every verified cosignature that counts, by the party whose mirror or witness gave it.

    Where keys were given, a cosigner that only the pack names counts for nobody: whoever made the
    pack could have made it too. One that its party's own log names, under a given key, counts.
    """
    owned = _named_by_owners(logs)
    return [
        Cosigned(
            origin=log.origin,
            size=head.size,
            party=_party_of_key(each.cosigner),
            time_s=each.time_s,
        )
        for log in logs
        for head in log.heads
        for each in head.cosigned
        if _counts(log, each.cosigner, owned)
    ]


def _counts(log: CheckedLog, cosigner: str, owned: Collection[str]) -> bool:
    if log.key_from != "given" or cosigner in log.given_cosigners:
        return True
    keys = [each.key.vkey for each in log.policy.witnesses if each.key.name == cosigner]
    return any(vkey in owned for vkey in keys)


def _named_by_owners(logs: Sequence[CheckedLog]) -> frozenset[str]:
    """Return the mirror and witness keys that the first entries of logs under given keys name."""
    found: set[str] = set()
    for log in logs:
        first = log.entry(0) if log.ranges and log.key_from == "given" else None
        if first is None or not party_of(log.origin):
            continue
        entry = decode_entry(first, log=log_name(log.origin), index=0)
        if isinstance(entry, Entry) and isinstance(entry.body, LogOpened):
            found |= {entry.body.keys.get("mirror", ""), entry.body.keys.get("witness", "")}
    return frozenset(found - {""})


def _party_of_key(name: str) -> str:
    """Return the party of a mirror or witness key; any other name speaks for itself alone."""
    parts = name.split("/")
    ours = len(parts) == 3 and parts[0] == "parley" and parts[2] in ("mirror", "witness")
    return parts[1] if ours else name


def _check_entry(evidence: _Evidence, what: str, statement: Statement) -> None:
    """Check what is stated of one entry: type, by, issued_us, leaf, to, or a field of its body."""
    log, index = evidence.one(what, statement)
    data = log.entry(index) or b""
    leaf = (log.leaf(index) or b"").hex()
    if not party_of(log.origin):
        refuse(6, what, log.origin, "a log of this profile", log=log.origin, index=index)
    entry = decode_entry(
        data, log=log_name(log.origin), index=index, opening=log.shown.openings.get(index)
    )
    if not isinstance(entry, Entry):
        refuse(6, what, f"of an unreadable entry: {entry.why}", log=log.origin, index=index)
    known = {
        "leaf": leaf,
        "type": entry.type,
        "by": entry.by,
        "issued_us": str(entry.issued_us),
        "to": " ".join(entry.to),
    }
    if entry.body is not None:
        known |= {
            f"body.{name}": str(value)
            for name, value in msgspec.structs.asdict(entry.body).items()
            if isinstance(value, str | int)
        }
    for name, value in statement.values.items():
        if known.get(name) != value:
            refuse(
                6,
                f"{what} {name} of entry {index} of {log.origin}",
                value,
                known.get(name, "something that the entry says"),
                log=log.origin,
                index=index,
            )


def _check_receipt(evidence: _Evidence, what: str, statement: Statement) -> None:
    """Check that a party's receipt of the cited entry is here, of the time that is stated."""
    log, index = evidence.one(what, statement)
    for one in evidence.receipts:
        stated = {"party": one.party, "at_us": str(one.at_us)}
        if (one.origin, one.index) == (log.origin, index) and statement.values == stated:
            return
    refuse(
        6,
        f"{what} about entry {index} of {log.origin}",
        str(statement.values),
        "a receipt that is here",
        log=log.origin,
        index=index,
    )


def _check_silence(evidence: _Evidence, what: str, statement: Statement) -> None:
    """Check an answer about silence by asking again."""
    values = dict(statement.values)
    word = values.pop("word", "")
    try:
        answer = answer_silence(
            question_from_values(values),
            evidence.parts,
            cosigned_of(evidence.logs),
            evidence.receipts,
        )
    except Fault as fault:
        refuse(6, what, str(fault), "a question that the logs can answer")
    if answer.word != word:
        why = "; ".join(reason for log in answer.logs for reason in log.why)
        refuse(6, what, word, f"{answer.word}{': ' if why else ''}{why}")


_KINDS = {"entry": _check_entry, "receipt": _check_receipt, "silence": _check_silence}
"""The kinds of statements that are computed again."""


# ---- 7 receipts ---------------------------------------------------------------------------------


def check_receipts(log: CheckedLog, links: Mapping[str, VerifierKey]) -> list[Receipted]:
    """Return the receipts of a log's entries, each verified with its peer's link key.

    Args:
        log: entries checked.
        links: link keys by name, given ones first.

    Raises:
        PackFault: naming the entry.
    """
    found = []
    for receipt in log.shown.receipts:
        what = f"{log.what} entry {receipt.index} receipt of {receipt.peer}"
        leaf = log.leaf(receipt.index)
        key = links.get(f"parley/{receipt.peer}/link")
        if leaf is None or key is None:
            wanted = "an entry that is shown" if leaf is None else "the link key of the peer"
            refuse(7, what, wanted=wanted, log=log.origin, index=receipt.index)
        try:
            verify_receipt(
                key,
                receipt.peer,
                log.origin,
                receipt.index,
                leaf.hex(),
                receipt.at_us,
                receipt.signature.hex(),
            )
        except PeerFault as fault:
            refuse(7, what, str(fault), log=log.origin, index=receipt.index)
        found.append(
            Receipted(
                origin=log.origin,
                index=receipt.index,
                party=receipt.peer,
                at_us=receipt.at_us,
            )
        )
    return found
