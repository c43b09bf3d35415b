"""A silence asked of what a node holds, and its proof: the smallest pack that shows the answer.

The answer that is printed is that of the pack itself, after all of it was verified, so that whoever
gets the pack finds the same. For each log it holds the entries that others' heads put around the
window, the heads that bound it, and the newest.

A pack shows the payloads of these entries, unless another release is asked for: then messages that
fit but for their words leave the answer undecided, and it is the pack's answer that is printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from parley.app.evidence import PARTY, PackRequest, Selection, make_pack
from parley.app.proving import held_origins, party_of_key, read_record
from parley.node.entries import AgreementAdopted, Entry, LogOpened, MessageSaid, log_name
from parley.node.line_bodies import CallLogged
from parley.review.pack import (
    Pack,
    PackHead,
    PackLog,
    Release,
    Statement,
    make_range,
    read_pack,
    with_proofs,
    write_pack,
)
from parley.review.silence import answer_silence, window_range
from parley.review.silence_words import (
    CALL_TYPE,
    SilenceAnswer,
    SilenceQuestion,
    not_asked,
    question_values,
)
from parley.review.times import Cosigned, LogPart
from parley.review.verify import Evidence, PackFault, open_evidence
from parley.review.verify_parts import STEPS
from parley.store.sqlite import Store
from parley.trust.checkpoint import cosign
from parley.trust.keys import SigningKey, parse_vkey
from parley.trust.note import add_signatures
from parley.trust.policy import make_policy, parse_policy
from parley.trust.tree import HASH_BYTES, Tree
from parley.world.faults import InputFault, OurFault, nearest, printable
from parley.world.norms import nearest_subject, norms
from parley.world.units import MICROSECONDS_PER_SECOND

STATEMENT = "silence"
"""The kind of the pack's statement; `parley verify` computes it again."""


_CALLS_SINCE = 3
"""The rules version in which telephone calls are entries."""
_ALWAYS_SHOWN = ("agreement.adopted",)
"""Open in a redacted pack: who could have said it stands in the text of the agreement."""


class SilenceProof(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, the pack that shows it, and how many payloads stand open in that."""

    answer: SilenceAnswer
    pack: bytes
    opened_count: int


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
    store: Store,
    question: SilenceQuestion,
    *,
    asker: Asker | None = None,
    made_us: int = 0,
    release: Release = "full",
) -> SilenceProof:
    """Return what a store's logs say to a question, and the pack that shows it.

    Args:
        store: a node's.
        question: what is asked.
        asker: whose mirror key says now, where it may, how large the peers' logs are here: a store
            does not hold the cosignatures that its own node gave to others.
        made_us: now, as the pack says it.
        release: which payloads it shows: all that are held, the agreement's text alone
            ("redacted"), or none ("sealed").

    Raises:
        InputFault: no such agreement, party, line or type, or more than one pack holds.
        OurFault: a log without its first entry.
        PeerFault: what is held does not verify.
    """
    record = read_record(store, question.agreement)
    question = _by_rules(question, record.parts)
    _check_type(question, record.parts)
    notes = tuple(_subject_notes(question, record.parts, whole=True))
    parts = [_as_released(part, release) for part in record.parts]
    own = tuple(_own_word(store, question, asker)) if asker is not None else ()
    cosigned = (*record.cosigned, *own)
    first = answer_silence(question, parts, cosigned, record.receipts)
    windows = {part.origin: window_range(question, part.origin, cosigned) for part in parts}
    heads = _heads(windows, first, cosigned)
    selection = Selection(types=_ALWAYS_SHOWN) if release == "redacted" else Selection()
    request = PackRequest(
        release=release, selection=selection, title=question.text, made_us=made_us, heads=heads
    )
    whole = read_pack(make_pack(store, question.agreement, request))
    if asker is not None:
        whole = _with_own_word(whole, own, asker)
    spans = dict(_spans(windows, first, parts))
    cut = msgspec.structs.replace(
        whole,
        logs=tuple(
            _cut_log(log, spans[log.origin], heads[log.origin])
            for log in whole.logs
            if log.origin in spans and log.ranges
        ),
    )
    proof = _stated(cut, question, first)
    # If something beyond the cut decides, all of it goes in.
    if proof is None:
        proof = _answered(open_evidence(write_pack(whole)), question)
    return _with_notes(proof, notes)


def prove_packed_silence(
    data: bytes, question: SilenceQuestion, *, release: Release = "full"
) -> SilenceProof:
    """Return what an exported pack says to a question, and the pack with that statement in it.

    Args:
        data: the pack.
        question: what is asked.
        release: which of its payloads the made pack shows, as in `prove_silence`.

    Raises:
        InputFault: no such party, line or type; or statements that speak of what is closed.
        PeerFault: the pack is not intact.
    """
    evidence = open_evidence(data)
    question = _by_rules(question, evidence.parts)
    _check_type(question, evidence.parts)
    sizes = {log.origin: log.size for log in evidence.report.logs}
    lines = [part for part in evidence.parts if part.name.kind == "line"]
    whole = all((part.start, part.end) == (0, sizes[part.origin]) for part in lines)
    notes = tuple(_subject_notes(question, evidence.parts, whole=whole))
    if release != "full":
        evidence = open_evidence(write_pack(_released(evidence, release)))
    return _with_notes(_answered(evidence, question), notes)


def _with_notes(proof: SilenceProof, notes: tuple[str, ...]) -> SilenceProof:
    return msgspec.structs.replace(proof, answer=msgspec.structs.replace(proof.answer, notes=notes))


def _answered(evidence: Evidence, question: SilenceQuestion) -> SilenceProof:
    """Return what a whole pack says, and the pack with that statement in it."""
    answer = ask_evidence(evidence, question)
    proof = _stated(evidence.pack, question, answer)
    if proof is None:
        raise OurFault("silence statement", value=answer.word, wanted="what its own pack says")
    return proof


def ask_evidence(evidence: Evidence, question: SilenceQuestion) -> SilenceAnswer:
    """Return what a verified pack says to a question."""
    return answer_silence(question, evidence.parts, evidence.cosigned, evidence.receipts)


def _stated(pack: Pack, question: SilenceQuestion, answer: SilenceAnswer) -> SilenceProof | None:
    """Return the pack with the statement, verified, and its answer; None if that is another."""
    text = _statement_text(answer)
    values = {**question_values(question), "word": answer.word}
    statement = Statement(kind=STATEMENT, text=text, values=values)
    data = write_pack(msgspec.structs.replace(pack, statements=(*pack.statements, statement)))
    try:
        evidence = open_evidence(data)
    except PackFault as fault:
        if fault.step != STEPS.index("statements"):
            raise
        return None
    found = ask_evidence(evidence, question)
    if _statement_text(found) != text:
        # The times of what was not asked for are wider where less is shown: the pack's own count.
        return _stated(pack, question, found)
    opened_count = sum(len(log.openings) for log in evidence.pack.logs)
    return SilenceProof(answer=found, pack=data, opened_count=opened_count)


def _statement_text(answer: SilenceAnswer) -> str:
    """Return the answer in words, with what was said beside it: who answered was not silent."""
    said = any(each.inside or each.maybe for log in answer.logs for each in log.beside)
    beside = [f"; {text}" for text in not_asked(answer)] if said else []
    return f"{answer.word}: {answer.question.text}{''.join(beside)}"


# ---- what is asked, against what there is -------------------------------------------------------


def _said(parts: Iterable[LogPart]) -> Iterator[MessageSaid]:
    for part in parts:
        for entry in part.entries:
            if isinstance(entry, Entry) and isinstance(entry.body, MessageSaid):
                yield entry.body


def _called(parts: Iterable[LogPart]) -> Iterator[CallLogged]:
    for part in parts:
        for entry in part.entries:
            if isinstance(entry, Entry) and isinstance(entry.body, CallLogged):
                yield entry.body


def _by_rules(question: SilenceQuestion, parts: Iterable[LogPart]) -> SilenceQuestion:
    """Return the question without calls, where all logs are of rules that have none.

    What a release before calls could answer is then asked, and answered, in the same words.
    """
    opened = [
        entry.body.rules_version
        for part in parts
        for entry in part.entries[:1]
        if isinstance(entry, Entry) and isinstance(entry.body, LogOpened)
    ]
    kinds = tuple(kind for kind in question.kinds if kind != CALL_TYPE)
    if not kinds or not opened or max(opened) >= _CALLS_SINCE:
        return question
    return msgspec.structs.replace(question, kinds=kinds)


def _check_type(question: SilenceQuestion, parts: Iterable[LogPart]) -> None:
    """Refuse a message type that is none: nobody is silent about a slip of the hand."""
    name = question.message_type
    if name is None:
        return
    known = {kind.name for kind in norms().types} | {said.message_type for said in _said(parts)}
    if name in known:
        return
    close = nearest(name.lower(), sorted(known))
    raise InputFault(
        "message type",
        value=name,
        wanted="one that the norms or a message of these logs have (docs/norms.md)",
        repair=f"did you mean {close!r}?" if close else "",
    )


def _subject_notes(
    question: SilenceQuestion, parts: Iterable[LogPart], *, whole: bool
) -> Iterator[str]:
    """Yield that nothing here has the subject asked for: it may be spelt in another way."""
    if question.subject is None:
        return
    known = {said.subject for said in _said(parts)} | {each.subject for each in _called(parts)}
    if question.subject in known:
        return
    where = "in these logs, at any time," if whole else "among the entries shown here"
    close = nearest(question.subject, sorted(known))
    hint = f": did you mean {close!r}?" if close else ": is it spelt as it was?"
    code = nearest_subject(question.subject)
    coded = f" Its subject code would be {code!r}." if code not in ("", question.subject) else ""
    subject = printable(question.subject)
    yield f"no message that can be read {where} has subject {subject!r}{hint}{coded}"


# ---- releases -----------------------------------------------------------------------------------


def _as_released(part: LogPart, release: Release) -> LogPart:
    """Return a log as its reader will have it: payloads that are not shown are closed."""
    if release == "full":
        return part
    shown = _ALWAYS_SHOWN if release == "redacted" else ()
    return msgspec.structs.replace(
        part,
        entries=tuple(
            msgspec.structs.replace(entry, body=None)
            if isinstance(entry, Entry) and entry.commit is not None and entry.type not in shown
            else entry
            for entry in part.entries
        ),
    )


def _released(evidence: Evidence, release: Release) -> Pack:
    """Return a pack with only the payloads that a release shows.

    Raises:
        InputFault: it has statements already, which may rest on them.
    """
    pack = evidence.pack
    if release == "full":
        return pack
    if pack.statements:
        raise InputFault("--release", value=release, wanted="full, of a pack that makes statements")
    open_now = {
        (part.origin, entry.seq)
        for part in evidence.parts
        for entry in part.entries
        if release == "redacted" and isinstance(entry, Entry) and entry.type in _ALWAYS_SHOWN
    }
    logs = tuple(
        msgspec.structs.replace(
            log,
            openings={at: o for at, o in log.openings.items() if (log.origin, at) in open_now},
        )
        for log in pack.logs
    )
    return msgspec.structs.replace(pack, logs=logs, release=release)


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

    Of a line those around the window, and what claims it from elsewhere; of other logs those by
    which a party adopted the agreement's text, from the first on.
    """
    # A call may have been entered long after the window that it was made in.
    misdated = {
        log.origin: [each.index for each in (*log.misdated, *log.found, *log.maybe)]
        for log in answer.logs
    }
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
