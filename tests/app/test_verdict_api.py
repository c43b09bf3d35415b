"""Judging beside a node's work: in slices, one at a time, in a bounded window, texts named."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest
from starlette.requests import Request

from app.test_service import PRESENT, run
from app.twonodes import T0_US, make_pair
from parley.app import verdict_api
from parley.app.cli.agreement_verdicts import explained_lines, table_lines
from parley.app.clock import DrivenClock
from parley.app.config import load_node
from parley.app.http import Refusal
from parley.app.process import make_crank
from parley.app.service import Service
from parley.app.verdict_api import VerdictsView, text_names, verdict_operations, view_of
from parley.node.inputs import Say
from parley.review.verdict_evidence import Evidence
from parley.store.sqlite import Store
from parley.world.agreement import Agreement, Party
from parley.world.clauses import Term
from parley.world.time import Interval
from parley.world.verdict import JudgedDuty

pytestmark = pytest.mark.row("R8", "S14")
SAY = Say(
    agreement="AGR-1", line="L1", post="duty-officer", to=("RUS",), message_type="free.text",
    text="x", confirmed=True,
)  # fmt: skip


@pytest.fixture
def crank(tmp_path):
    setup = load_node(make_pair(tmp_path)["COAL"])
    with Store(setup.store) as store:
        yield make_crank(setup, store)


def asked(path: str, query: str = "") -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": [],
        }
    )


def handlers(service: Service):
    """Return the two handlers by path."""
    found = verdict_operations(service, lambda state, key, parties: {})
    return {each.path: each.handler for each in found}


@pytest.fixture
def in_small_slices(monkeypatch):
    """Give the loop back after every step, so that the order of events is what is looked at."""
    monkeypatch.setattr(verdict_api, "SLICE_S", 0.0)


@pytest.mark.parametrize("path", ["/api/verdicts", "/api/report"])
def test_an_act_is_answered_while_a_long_judgement_runs(crank, in_small_slices, path) -> None:
    service = Service(crank, DrivenClock(T0_US))
    order = []

    async def work():
        await service.act(PRESENT)
        for _ in range(6):
            await service.act(SAY)
        handle = handlers(service)[path]

        async def judge():
            order.append("asked")
            reply = await handle(asked(path))
            order.append("judged")
            return reply

        async def act():
            await service.act(SAY)
            order.append("acted")

        judging = asyncio.create_task(judge())
        acting = asyncio.create_task(act())
        reply, _ = await asyncio.gather(judging, acting)
        assert reply.status_code == 200
        assert order == ["asked", "acted", "judged"]

    run(work, service)


def test_a_second_judgement_is_told_when_to_ask_again(crank, in_small_slices) -> None:
    service = Service(crank, DrivenClock(T0_US))

    async def work():
        await service.act(PRESENT)
        await service.act(SAY)
        found = handlers(service)
        one, two = await asyncio.gather(
            found["/api/verdicts"](asked("/api/verdicts")),
            found["/api/report"](asked("/api/report")),
        )
        assert (one.status_code, two.status_code) == (200, 429)
        assert two.headers["Retry-After"] == "2"
        assert "ask again in 2 s" in json.loads(two.body)["fault"]
        # Whoever fails gives the turn back.
        with pytest.raises(Refusal):
            await found["/api/verdicts"](asked("/api/verdicts", "clause=no-such"))
        again = await found["/api/report"](asked("/api/report"))
        assert again.status_code == 200

    run(work, service)


def test_a_window_of_more_than_a_year_is_refused_and_says_how_to_ask_for_less(crank) -> None:
    service = Service(crank, DrivenClock(T0_US))

    async def work():
        for path, handle in handlers(service).items():
            with pytest.raises(Refusal) as refused:
                await handle(asked(path, "from=2001-01-01T00:00:00Z"))
            assert refused.value.status == 400
            for words in (
                "at most 366 days",
                "--from and --to nearer to each other",
                "--agreement",
            ):
                assert words in str(refused.value.fault)
            assert (await handle(asked(path))).status_code == 200

    run(work, service)


def test_what_takes_too_long_is_given_up_and_the_turn_with_it(crank, monkeypatch) -> None:
    service = Service(crank, DrivenClock(T0_US))

    async def work():
        await service.act(SAY)
        handle = handlers(service)["/api/verdicts"]
        monkeypatch.setattr(verdict_api, "LONGEST_S", -1.0)
        reply = await handle(asked("/api/verdicts"))
        assert reply.status_code == 503
        assert "ask for less" in json.loads(reply.body)["fault"]
        assert "Retry-After" in reply.headers
        monkeypatch.setattr(verdict_api, "LONGEST_S", 25.0)
        assert (await handle(asked("/api/verdicts"))).status_code == 200

    run(work, service)


def test_evidence_is_of_one_instant_whatever_comes_while_it_is_taken(crank, monkeypatch) -> None:
    service = Service(crank, DrivenClock(T0_US))
    marks = iter([1, 1, *range(10, 90)])
    monkeypatch.setattr(verdict_api, "logs_mark", lambda state, names: next(marks))

    async def work():
        await service.act(SAY)
        handle = handlers(service)["/api/verdicts"]
        first = await handle(asked("/api/verdicts"))
        assert next(marks) == 10, "nothing came: it is taken once"
        # Entries come all the time: little is taken in one go, much is refused for now.
        second = await handle(asked("/api/verdicts"))
        assert second.status_code == 200
        assert json.loads(first.body)["counts"] == json.loads(second.body)["counts"]
        monkeypatch.setattr(verdict_api, "AT_ONCE_MAX", 0)
        with pytest.raises(Refusal) as refused:
            await handle(asked("/api/verdicts"))
        assert refused.value.status == 503
        assert "more come while they are read" in str(refused.value.fault)

    run(work, service)


def test_an_act_on_the_agreement_begins_a_judgement_again(crank, monkeypatch) -> None:
    service = Service(crank, DrivenClock(T0_US))
    marks = iter([1, 2, 3, 3, *range(10, 30)])
    monkeypatch.setattr(verdict_api, "acts_mark", lambda state, names: next(marks))

    async def work():
        handle = handlers(service)["/api/verdicts"]
        assert (await handle(asked("/api/verdicts"))).status_code == 200
        assert next(marks) == 10, "begun twice, and the second one held"
        reply = await handle(asked("/api/verdicts"))
        assert reply.status_code == 503
        assert "changes while it is judged" in json.loads(reply.body)["fault"]

    run(work, service)


# ---- two texts, and many rows --------------------------------------------------------------------


def text_of(version: int) -> Agreement:
    parties = (Party(id="ALFA"), Party(id="BRAVO"))
    clauses = (Term(id="C1", text=f"words of {version}"),)
    valid = Interval(from_us=T0_US, to_us=T0_US + 10**12)
    return Agreement(id="AB", parties=parties, clauses=clauses, version=version, valid=valid)


def duty(verdict: str, about: str = "x", **changes) -> JudgedDuty:
    values = {
        "agreement": "AB", "clause": "C1", "kind": "term", "parties": ("ALFA",), "about": about,
        "at_us": T0_US, "verdict": verdict, "because": "so",
    } | changes  # fmt: skip
    return JudgedDuty(**values)


def test_verdicts_over_two_texts_name_the_text() -> None:
    parts = [(text_of(1), T0_US, T0_US + 5), (text_of(2), T0_US + 10**9, T0_US + 10**10)]
    called = text_names(parts)
    assert called[0].startswith("version 1 from ")
    assert called[1].startswith("version 2 from ")
    assert text_names(parts[:1]) == [""]
    found = [duty("not triggered", text=name, parties=()) for name in called]
    view = view_of(
        Evidence(source="logs"), [text for text, _, _ in parts], found, (1, 2, 3), "", called
    )
    heads = [line for line in table_lines(view) if line.startswith("AB ")]
    assert heads == [f"AB C1 (term, {name})" for name in called]
    lines = explained_lines(view)
    assert [line for line in lines if "text: " in line] == [
        "  text: words of 1",
        "  text: words of 2",
    ]
    assert len([line for line in lines if line.startswith("NOT TRIGGERED")]) == 2


def test_rows_of_no_duty_are_one_counted_line_unless_all_are_asked_for() -> None:
    found = (
        duty("missed", "lost"),
        *(duty("no duty", f"n{n}") for n in range(40)),
        *(duty("not triggered", f"t{n}") for n in range(2)),
        duty("no duty", "alone", clause="C2"),
    )
    view = VerdictsView(
        from_time="a", to_time="b", as_of="c", source="logs", counts={}, verdicts=found
    )
    lines = table_lines(view, everything=False)
    assert "  40 no duty, 2 not triggered: --all prints each" in lines
    assert len([line for line in lines if "MISSED" in line]) == 1
    assert not [line for line in lines if ": n3" in line]
    assert [line for line in lines if "alone" in line], "one row is told as it is"
    assert len([line for line in table_lines(view) if "NO DUTY" in line]) == 41
    assert msgspec.json.encode(view).count(b'"no duty"') == 41
