"""The operations of the JSON API that judge clauses: verdicts over a window, and the report.

Only reading: everything is computed from the logs that this node holds, by the texts that were in
force in each part of the window. Nothing is written, and no party's log is judged by a rule that
another could not run over the same entries. Rules:

- The evidence is taken, and judged, in slices between which the node does everything else: who asks
  for a year of verdicts delays no message. One judgement at a time; who asks meanwhile is told when
  to ask again. Where an entry comes while evidence is taken it is taken again: of one instant.
- Where an act on an agreement comes while it is judged, the judgement begins again: no answer is
  half of before and half of after.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley.app.custody_views import Receipts
from parley.app.http import Refusal, fault_reply, json_reply
from parley.app.openapi import Operation, Parameter
from parley.app.service import Service
from parley.node.entries import log_name
from parley.node.state import Key, State
from parley.review.evidence_of_logs import evidence_in_steps, evidence_of_logs, texts_between
from parley.review.evidence_of_times import acts_mark, logs_mark
from parley.review.report_template import Report, report_of
from parley.review.verdict_evidence import Evidence
from parley.review.verdict_parts import Case
from parley.review.verdicts import counts_of, judged_in_steps
from parley.world.agreement import Agreement
from parley.world.clauses import Clause
from parley.world.faults import InputFault, nearest
from parley.world.time import format_instant, format_second, parse_instant_us, seconds_between
from parley.world.track import Track
from parley.world.verdict import JudgedDuty

WINDOW_S = 30 * 86_400
"""Judged without --from: as long as a report on an incident may take."""
WINDOW_MAX_S = 366 * 86_400
"""A longer time is asked for in parts."""
SLICE_S = 0.005
"""Judged without a break: far below what a heartbeat or a DISTRESS may wait."""
LONGEST_S = 25.0
"""After so long a judgement is given up: the command line waits for half a minute."""
BEGUN_AGAIN_MAX = 3
AT_ONCE_MAX = 5_000
"""Messages and alerts whose evidence is taken without a break: a quarter of a second."""
_ASK_AGAIN_S = 2
T = TypeVar("T")


class Cited(msgspec.Struct, frozen=True, kw_only=True):
    """What stands at a place that a verdict cites, in one line."""

    cite: str
    text: str


class VerdictsView(msgspec.Struct, frozen=True, kw_only=True):
    """Verdicts over a window, as known at an instant, with what each cites.

    `counts`: of each verdict, over all of them. `clauses`: the clauses themselves, as in force.
    """

    from_time: str
    to_time: str
    as_of: str
    source: str
    counts: dict[str, int]
    verdicts: tuple[JudgedDuty, ...]
    clauses: dict[str, Clause] = {}
    cited: tuple[Cited, ...] = ()


def verdict_operations(service: Service, receipts: Receipts) -> list[Operation]:
    """Return the operations that judge clauses by the logs of one node."""
    agreement = Parameter("agreement", "query", str, "Only this agreement.")
    clause = Parameter("clause", "query", str, "Only this clause.")
    start = Parameter("from", "query", str, "The window begins, RFC 3339; 30 days ago without it.")
    end = Parameter("to", "query", str, "It ends before this; now without it.")
    as_of = Parameter("as_of", "query", str, "As it was known then; now without it.")
    subject = Parameter("subject", "query", str, "Only messages and calls with this word.")

    turn = _Turn()

    async def judged(request: Request) -> Response:
        names, window = _asked(service, request)
        wanted = request.query_params.get("clause") or ""

        def steps() -> Steps[VerdictsView]:
            evidence = yield from _evidence(service.state, names, receipts)
            return (yield from judge_logs(service.state, evidence, names, window, clause=wanted))

        return await turn.taken(service.state, names, steps)

    async def report(request: Request) -> Response:
        names, window = _asked(service, request)
        subject = request.query_params.get("subject") or ""

        def steps() -> Steps[Report]:
            evidence = yield from _evidence(service.state, names, receipts)
            return (yield from report_logs(service.state, evidence, names, window, subject))

        return await turn.taken(service.state, names, steps)

    return [
        Operation(
            "GET", "/api/verdicts", "Each clause judged over a window, worst first.",
            judged, VerdictsView, parameters=(agreement, clause, start, end, as_of),
        ),
        Operation(
            "GET", "/api/report", "A report on a window, filled from the logs.",
            report, Report, parameters=(agreement, subject, start, end, as_of),
        ),
    ]  # fmt: skip


Steps = Generator[None, None, T]
"""A judgement that pauses after each step, and returns at its end."""


@dataclass(slots=True)
class _Turn:
    """Lets one judgement at a time run, in slices between which the node does all else."""

    busy: bool = False
    clock: Callable[[], float] = field(default=time.monotonic)

    async def taken(
        self, state: State, names: tuple[str, ...], begin: Callable[[], Steps[T]]
    ) -> Response:
        """Return a judgement as a reply; of a second one at once, when to ask again."""
        if self.busy:
            fault = InputFault(
                "verdicts", value="another judgement runs", wanted="one at a time",
                repair=f"ask again in {_ASK_AGAIN_S} s",
            )  # fmt: skip
            return _later(fault, 429)
        self.busy = True
        try:
            until_s = self.clock() + LONGEST_S
            for _ in range(BEGUN_AGAIN_MAX):
                mark = acts_mark(state, names)
                found = await self._run(begin(), until_s)
                if acts_mark(state, names) == mark:
                    return json_reply(found)
        except _TooLong:
            return _later(_less("it takes too long", "a shorter judgement"), 503)
        finally:
            self.busy = False
        fault = InputFault(
            "verdicts", value="the agreement changes while it is judged", wanted="no acts on it",
            repair=f"ask again in {_ASK_AGAIN_S} s",
        )  # fmt: skip
        return _later(fault, 503)

    async def _run(self, steps: Steps[T], until_s: float) -> T:
        since_s = self.clock()
        while True:
            try:
                next(steps)
            except StopIteration as stop:
                result: T = stop.value
                return result
            now_s = self.clock()
            if now_s > until_s:
                raise _TooLong
            if now_s - since_s >= SLICE_S:
                await asyncio.sleep(0)
                since_s = self.clock()


class _TooLong(Exception):  # noqa: N818  it is given up, no mistake
    """A judgement takes longer than anybody waits for it."""


def _later(fault: InputFault, status: int) -> Response:
    reply = fault_reply(fault, status)
    reply.headers["Retry-After"] = str(_ASK_AGAIN_S)
    return reply


def _less(value: str, wanted: str) -> InputFault:
    repair = "ask for less: one --agreement, one --clause, or --from and --to nearer to each other"
    return InputFault("verdicts", value=value, wanted=wanted, repair=repair)


def _evidence(state: State, names: tuple[str, ...], receipts: Receipts) -> Steps[Evidence]:
    """Return the evidence of a node's logs, with the receipts that it keeps for its own entries.

    In steps, where nothing is written meanwhile; where much is, and it is little, in one go.
    """

    def given_us(key: Key, party: str) -> int | None:
        if log_name(key[0]).party != state.party:
            return None
        held = receipts(state, key, (party,)).get(party)
        if held is None:
            return None
        # A cosignature says whole seconds, rounded down.
        cosigned_us = None if held.cosigned_us is None else held.cosigned_us + 999_999
        known = [us for us in (held.received_us, cosigned_us) if us is not None]
        return min(known, default=None)

    for _ in range(BEGUN_AGAIN_MAX):
        mark = logs_mark(state, names)
        found = yield from evidence_in_steps(state, agreements=names, receipts=given_us)
        if logs_mark(state, names) == mark:
            return found
    count = sum(len(state.scope(n).threads) + len(state.scope(n).alerts) for n in names)
    if count > AT_ONCE_MAX:
        value = f"{count} messages and alerts, and more come while they are read"
        raise Refusal(503, _less(value, "a pause"))
    return evidence_of_logs(state, agreements=names, receipts=given_us)


Window = tuple[int, int, int]
"""From, to, as of."""


def _asked(service: Service, request: Request) -> tuple[tuple[str, ...], Window]:
    """Return the agreements and the window that a request names."""
    given, known = request.query_params.get("agreement"), sorted(service.state.agreements)
    if given is not None and given not in known:
        raise Refusal(404, unknown("agreement", given, known))
    now_us = service.clock()
    try:
        as_of_us = _instant(request, "as_of", now_us)
        to_us = _instant(request, "to", as_of_us + 1)
        from_us = _instant(request, "from", to_us - WINDOW_S * 1_000_000)
        check_window(from_us, to_us)
        check_length(from_us, to_us)
    except InputFault as fault:
        raise Refusal(400, fault) from None
    return (given,) if given is not None else tuple(known), (from_us, to_us, as_of_us)


def _instant(request: Request, name: str, default_us: int) -> int:
    text = request.query_params.get(name)
    return default_us if not text else parse_instant_us(text, f"query {name}")


def check_window(from_us: int, to_us: int) -> None:
    """Check that a window has a beginning before its end.

    Raises:
        InputFault: it ends before it begins.
    """
    if from_us >= to_us:
        wanted = f"before its end, {format_instant(to_us)}"
        raise InputFault("--from", value=format_instant(from_us), wanted=wanted)


def check_length(from_us: int, to_us: int) -> None:
    """Check that a node is asked about no more than a year.

    Raises:
        InputFault: it is longer.
    """
    if to_us - from_us > WINDOW_MAX_S * 1_000_000:
        days = seconds_between(from_us, to_us) / 86_400
        raise _less(f"{days:.0f} days", f"a window of at most {WINDOW_MAX_S // 86_400} days")


def unknown(what: str, given: str, known: list[str]) -> InputFault:
    """Return the fault of a name that nothing has, with the nearest that something has."""
    close = nearest(given, known)
    repair = f"did you mean {close!r}?" if close else f"known: {', '.join(known) or 'none'}"
    return InputFault(what, value=given, wanted=f"a known {what}", repair=repair)


Text = tuple[Agreement, int, int]
"""A text with the part of the window in which it was in force."""


def judge_logs(
    state: State, evidence: Evidence, names: tuple[str, ...], window: Window, *, clause: str = ""
) -> Steps[VerdictsView]:
    """Return, in steps, the verdicts on the texts that were in force in each part of a window.

    Raises:
        Refusal: no clause of that name is in force in it.
    """
    parts = list(_parts(state, names, window))
    besides = [_beside(state, text) for text, _, _ in parts]
    called = text_names(parts)
    found: list[JudgedDuty] = []
    known = evidence.until(window[2])
    for (text, from_us, to_us), beside, name in zip(parts, besides, called, strict=True):
        for each in text.clauses:
            if clause not in ("", each.id):
                continue
            case = Case(known, beside, text, each, from_us, to_us, window[2])
            for judged in judged_in_steps(case):
                found += [msgspec.structs.replace(one, text=name) for one in judged or ()]
                yield
    try:
        return view_of(evidence, [text for text, _, _ in parts], found, window, clause, called)
    except InputFault as fault:
        raise Refusal(404, fault) from None


def text_names(parts: Sequence[Text]) -> list[str]:
    """Return what each text is called beside the others of its agreement; alone it needs no name.

    >>> text_names([])
    []
    """
    count: dict[str, int] = {}
    for text, _, _ in parts:
        count[text.id] = count.get(text.id, 0) + 1
    return [
        f"version {text.version} from {format_second(from_us)}" if count[text.id] > 1 else ""
        for text, from_us, _ in parts
    ]


def _parts(
    state: State, names: tuple[str, ...], window: Window
) -> Iterator[tuple[Agreement, int, int]]:
    for name in names:
        yield from texts_between(state, name, window[0], window[1])


def _beside(state: State, text: Agreement) -> tuple[Agreement, ...]:
    """Return a text with the others in force: which clause covers a message rests on all."""
    return (text, *(a for name, a in sorted(state.agreements.items()) if name != text.id))


def view_of(
    evidence: Evidence,
    texts: list[Agreement],
    found: list[JudgedDuty],
    window: Window,
    clause: str = "",
    called: Sequence[str] = (),
) -> VerdictsView:
    """Return verdicts with what they cite and the clauses they are about.

    Args:
        evidence: they rest on.
        texts: whose clauses were judged.
        found: the verdicts.
        window: that was asked for.
        clause: only this one.
        called: what each text is called, where there are several of one agreement.

    Raises:
        InputFault: no clause of that name.
    """
    names_of = called or [""] * len(texts)
    known = {
        f"{text.id} {c.id} {name}".rstrip(): c
        for text, name in zip(texts, names_of, strict=True)
        for c in text.clauses
    }
    if clause:
        names = sorted({c.id for c in known.values()})
        if clause not in names:
            raise unknown("clause", clause, names)
        found = [each for each in found if each.clause == clause]
        known = {name: c for name, c in known.items() if c.id == clause}
    cites = dict.fromkeys(cite for each in found for cite in each.cites)
    return VerdictsView(
        from_time=format_instant(window[0]),
        to_time=format_instant(window[1]),
        as_of=format_instant(window[2]),
        source=evidence.source,
        counts=counts_of(found),
        verdicts=tuple(found),
        clauses=known,
        cited=tuple(Cited(cite=cite, text=evidence.short.get(cite, "")) for cite in cites),
    )


def report_logs(
    state: State, evidence: Evidence, names: tuple[str, ...], window: Window, subject: str
) -> Steps[Report]:
    """Return, in steps, the report on a window, by the texts that were in force in it."""
    view = yield from judge_logs(state, evidence, names, window)
    texts = {text.id: text for text, _, _ in _parts(state, names, window)}
    yield
    return report_of(
        evidence, texts.values(), *window, subject=subject, judged=view.verdicts
    )  # fmt: skip


def with_tracks(tracks: tuple[Track, ...], parties: dict[str, str]) -> tuple[Track, ...]:
    """Return recorded tracks with the party that somebody says each aircraft is of."""
    return tuple(
        Track(
            id=t.id, party=parties.get(t.id, t.party), t_us=t.t_us, lat_deg=t.lat_deg,
            lon_deg=t.lon_deg, alt_m=t.alt_m, alt_reference=t.alt_reference,
            interpolation=t.interpolation, known_us=t.known_us,
        )
        for t in tracks
    )  # fmt: skip
