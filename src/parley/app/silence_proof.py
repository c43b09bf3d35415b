"""A silence asked of what a node holds, and its proof: the smallest pack that shows the answer.

The answer that is printed is that of the pack itself, after all of it was verified, so that whoever
gets the pack finds the same. For each log it holds the entries that others' heads put around the
window, the heads that bound it, and the newest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from parley.app.evidence import PARTY, PackRequest, make_pack
from parley.app.proving import held_origins, party_of_key, read_record
from parley.node.entries import AgreementAdopted, Entry, log_name
from parley.review.pack import (
    Pack,
    PackHead,
    PackLog,
    Statement,
    make_range,
    read_pack,
    with_proofs,
    write_pack,
)
from parley.review.silence import answer_silence, window_range
from parley.review.silence_words import SilenceAnswer, SilenceQuestion, question_values
from parley.review.times import Cosigned, LogPart
from parley.review.verify import Evidence, PackFault, open_evidence
from parley.review.verify_parts import STEPS
from parley.store.sqlite import Store
from parley.trust.checkpoint import cosign
from parley.trust.keys import SigningKey, parse_vkey
from parley.trust.note import add_signatures
from parley.trust.policy import make_policy, parse_policy
from parley.trust.tree import HASH_BYTES, Tree
from parley.world.faults import OurFault
from parley.world.units import MICROSECONDS_PER_SECOND

STATEMENT = "silence"
"""The kind of the pack's statement; `parley verify` computes it again."""


class SilenceProof(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, and the pack that shows it."""

    answer: SilenceAnswer
    pack: bytes


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, where that is known: its own word about its peers' logs goes into the pack.

    Attributes:
        mirror: the mirror key of the node whose store it is.
        now_us: when.
    """

    mirror: SigningKey
    now_us: int


def prove_silence(
    store: Store, question: SilenceQuestion, *, asker: Asker | None = None, made_us: int = 0
) -> SilenceProof:
    """Return what a store's logs say to a question, and the pack that shows it.

    Args:
        store: a node's.
        question: what is asked.
        asker: whose mirror key says now, where it may, how large the peers' logs are here: a store
            does not hold the cosignatures that its own node gave to others.
        made_us: now, as the pack says it.

    Raises:
        InputFault: no such agreement, party or line, or more than one pack holds.
        OurFault: a log without its first entry.
        PeerFault: what is held does not verify.
    """
    record = read_record(store, question.agreement)
    own = tuple(_own_word(store, question, asker)) if asker is not None else ()
    cosigned = (*record.cosigned, *own)
    first = answer_silence(question, record.parts, cosigned, record.receipts)
    windows = {part.origin: window_range(question, part.origin, cosigned) for part in record.parts}
    heads = _heads(windows, first, cosigned)
    request = PackRequest(title=question.text, made_us=made_us, heads=heads)
    whole = read_pack(make_pack(store, question.agreement, request))
    if asker is not None:
        whole = _with_own_word(whole, own, asker)
    spans = dict(_spans(windows, first, record.parts))
    cut = msgspec.structs.replace(
        whole,
        logs=tuple(
            _cut_log(log, spans[log.origin], heads[log.origin])
            for log in whole.logs
            if log.origin in spans and log.ranges
        ),
    )
    proof = _stated(cut, question, first.word)
    # If something beyond the cut decides, all of it goes in.
    return proof if proof is not None else _answered(whole, question)


def prove_packed_silence(data: bytes, question: SilenceQuestion) -> SilenceProof:
    """Return what an exported pack says to a question, and the pack with that statement in it.

    Raises:
        PeerFault: the pack is not intact.
    """
    return _answered(read_pack(data), question)


def _answered(pack: Pack, question: SilenceQuestion) -> SilenceProof:
    """Return what a whole pack says, and the pack with that statement in it."""
    answer = ask_evidence(open_evidence(write_pack(pack)), question)
    proof = _stated(pack, question, answer.word)
    if proof is None:
        raise OurFault("silence statement", value=answer.word, wanted="what its own pack says")
    return proof


def ask_evidence(evidence: Evidence, question: SilenceQuestion) -> SilenceAnswer:
    """Return what a verified pack says to a question."""
    return answer_silence(question, evidence.parts, evidence.cosigned, evidence.receipts)


def _stated(pack: Pack, question: SilenceQuestion, word: str) -> SilenceProof | None:
    """Return the pack with the statement, verified, and its answer; None if that is another."""
    values = {**question_values(question), "word": word}
    statement = Statement(kind=STATEMENT, text=f"{word}: {question.text}", values=values)
    data = write_pack(msgspec.structs.replace(pack, statements=(*pack.statements, statement)))
    try:
        evidence = open_evidence(data)
    except PackFault as fault:
        if fault.step != STEPS.index("statements"):
            raise
        return None
    return SilenceProof(answer=ask_evidence(evidence, question), pack=data)


# ---- the own word -------------------------------------------------------------------------------


def _own_word(store: Store, question: SilenceQuestion, asker: Asker) -> Iterator[Cosigned]:
    """Yield what this node can say now of its peers' logs: how large they are here."""
    party = party_of_key(asker.mirror.name)
    if store.meta(PARTY) not in (None, party):
        return
    for origin in held_origins(store, question.agreement):
        if log_name(origin).party != party:
            yield Cosigned(
                origin=origin,
                size=store.size(origin),
                party=party,
                time_s=asker.now_us // MICROSECONDS_PER_SECOND,
            )


def _with_own_word(pack: Pack, own: Sequence[Cosigned], asker: Asker) -> Pack:
    """Return the pack with this node's cosignature on the newest heads of its peers' logs."""
    sizes = {each.origin: each.size for each in own}
    return msgspec.structs.replace(
        pack,
        logs=tuple(
            _cosigned_log(log, asker) if sizes.get(log.origin) == log.heads[-1].size else log
            for log in pack.logs
        ),
    )


def _cosigned_log(log: PackLog, asker: Asker) -> PackLog:
    newest, name = log.heads[-1], asker.mirror.name
    before = [each.key for each in parse_policy(log.policy).witnesses if each.key.name != name]
    signers = [parse_vkey(each.vkey) for each in log.keys]
    policy = make_policy(signers, [*before, asker.mirror.verifier])
    line = cosign(asker.mirror, newest.note, asker.now_us)
    head = PackHead(size=newest.size, note=add_signatures(newest.note, (line,)))
    return msgspec.structs.replace(log, policy=policy.data, heads=(*log.heads[:-1], head))


# ---- what goes in -------------------------------------------------------------------------------


_Windows = dict[str, tuple[int, int | None]]
"""By log: the entries [start, end) that others' heads put around the window (`window_range`)."""


def _heads(
    windows: _Windows, answer: SilenceAnswer, cosigned: Sequence[Cosigned]
) -> dict[str, tuple[int, ...]]:
    """Return the sizes of the heads that bound the window and the entries that are named."""
    found = {
        origin: {start} if end is None else {start, end} for origin, (start, end) in windows.items()
    }
    for head in cosigned if answer.remarks else ():
        found[head.origin].add(head.size)
    sizes: dict[tuple[str, str], list[int]] = {}
    for head in cosigned:
        sizes.setdefault((head.origin, head.party), []).append(head.size)
    for log in answer.logs:
        found[log.origin] |= {head.size for head in (*log.until, *log.stopped)}
        named = {each.index for each in (*log.found, *log.maybe, *log.misdated)}
        for (origin, _), given in sizes.items():
            if origin == log.origin:
                found[origin].update(size for at in named for size in _around(given, at))
    return {origin: tuple(sorted(each)) for origin, each in found.items()}


def _around(sizes: Sequence[int], index: int) -> Iterator[int]:
    """Yield the largest head without the entry, and the smallest with it."""
    without = [size for size in sizes if size <= index]
    if without:
        yield max(without)
    over = [size for size in sizes if size > index]
    if over:
        yield min(over)


def _spans(
    windows: _Windows, answer: SilenceAnswer, parts: Sequence[LogPart]
) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the entries [start, end) of each log that go in.

    Of a line those around the window, and what falsely claims it; of other logs those by which a
    party adopted the agreement's text, from the first on.
    """
    misdated = {log.origin: [each.index for each in log.misdated] for log in answer.logs}
    for part in parts:
        if part.name.kind == "line":
            start, end = windows[part.origin]
            beside = misdated.get(part.origin, [])
            last = part.end if end is None else end
            yield part.origin, (min([start, *beside]), max([last, *(at + 1 for at in beside)]))
            continue
        adopted = [
            entry.seq
            for entry in part.entries
            if isinstance(entry, Entry) and isinstance(entry.body, AgreementAdopted)
        ]
        if adopted:
            yield part.origin, (0, adopted[-1] + 1)


def _cut_log(log: PackLog, span: tuple[int, int], sizes: Sequence[int]) -> PackLog:
    """Return a log with the entries of a span, the heads that are needed, and their proofs."""
    whole = log.ranges[0]
    if len(log.keys) > 1:
        # A key that gave way to another is shown by the entry that says so: all of it stays.
        return log
    hashes = whole.leaves
    tree = Tree([hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)])
    newest = log.heads[-1].size
    # A range has an entry: of an empty one the last before it is shown.
    start = min(span[0], span[1] - 1)
    end = min((head.size for head in log.heads if head.size >= span[1]), default=newest)
    wanted = {*sizes, end, newest}
    cut = msgspec.structs.replace(
        log,
        heads=tuple(head for head in log.heads if head.size in wanted),
        ranges=(make_range(tree, whole.entries[start:end], start=start, head=end),),
        consistency={},
        proofs={},
        openings={at: data for at, data in log.openings.items() if start <= at < end},
        receipts=tuple(one for one in log.receipts if start <= one.index < end),
    )
    return with_proofs(cut, tree)
