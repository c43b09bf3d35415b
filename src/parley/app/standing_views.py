"""What stands beside the messages, as the page and the API show it: loud while it is outstanding.

Only reading. Objections, disowned actors and one-sided advisories (R19), and who was asked to make
way and has or has not said that it did (R14).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley.app.http import json_reply
from parley.app.openapi import Operation
from parley.app.page_html import Html, instant, said, table, tag
from parley.app.service import Service
from parley.node.rules.priority import YieldSeen, yields
from parley.node.rules.standing import (
    AdvisorySeen,
    DisownedSeen,
    ObjectionSeen,
    advisories,
    disowned,
    objections,
)
from parley.node.state import State
from parley.world.time import format_second

_OPEN_YIELDS = ("not taken", "refused", "outstanding", "overdue")


class StandingView(msgspec.Struct, frozen=True, kw_only=True):
    """All of it under every agreement held here, oldest first."""

    objections: tuple[ObjectionSeen, ...]
    disowned: tuple[DisownedSeen, ...]
    advisories: tuple[AdvisorySeen, ...]
    yields: tuple[YieldSeen, ...]

    @property
    def loud(self) -> tuple[str, ...]:
        """What must not be overlooked, one line each."""
        lines = [
            f"OBJECTION OUTSTANDING by {each.party}: {each.what}: "
            + ", ".join(f"{at.party} {at.word}" for at in each.at)
            for each in self.objections
            if each.outstanding
        ]
        lines += [
            f"{each.party} DISOWNED what it had called its own: {each.scope}"
            for each in self.disowned
            if each.contradicted and each.holds
        ]
        lines += [
            f"{each.party} HAS NOT SAID THAT IT MADE WAY for {each.flight or each.asker}, owed by "
            f"{format_second(each.due_us or 0)}"
            for each in self.yields
            if each.word == "overdue"
        ]
        return tuple(lines)


def standing_view(state: State, now_us: int) -> StandingView:
    """Return what stands beside the messages at an instant."""
    scopes = [scope for _, scope in sorted(state.scopes.items())]
    return StandingView(
        objections=tuple(e for s in scopes for e in objections(state, s, now_us)),
        disowned=tuple(e for s in scopes for e in disowned(s, now_us)),
        advisories=tuple(e for s in scopes for e in advisories(s, now_us)),
        yields=tuple(e for s in scopes for e in yields(state, s, now_us)),
    )


def standing_operations(service: Service) -> list[Operation]:
    """Return the operation of the JSON API that shows it."""

    async def standing(request: Request) -> Response:
        del request
        return json_reply(standing_view(service.state, service.clock()))

    return [
        Operation(
            "GET", "/api/standing",
            "Objections, disowned actors, advisories, and who owes word that it made way.",
            standing, StandingView,
        )
    ]  # fmt: skip


def standing_part(view: StandingView) -> Html | None:
    """Return the page's part of it; None where nothing stands."""
    rows = list(_rows(view))
    if not rows:
        return None
    heads = ("What", "Party", "About", "State", "Since")
    return tag(
        "section",
        tag("h2", "Standing: objections, disowned, advisories, priority"),
        [tag("p", tag("strong", said(line))) for line in view.loud],
        table("What stands beside the messages", heads, rows),
        id="standing",
    )


def _rows(view: StandingView) -> Iterator[list[object]]:
    for each in view.objections:
        word = tag("strong", "OBJECTION") if each.outstanding else "objection"
        at = "; ".join(f"{one.party}: {one.word} {one.detail}".strip() for one in each.at)
        about = [said(each.what), ": ", said(each.text)]
        yield [word, each.party, about, said(at), instant(each.since_us)]
    for gone in view.disowned:
        word = tag("strong", "disowned, CLAIMED BEFORE") if gone.contradicted else "disowned"
        about = [said(gone.whose), ": ", said(gone.scope)]
        holds = "holds" if gone.holds else "over"
        yield [word, gone.party, about, holds, instant(gone.since_us)]
    for own in view.advisories:
        word = "advisory, one-sided: no duty for anybody else"
        until = ["until ", instant(own.until_us)] if own.until_us is not None else "no end stated"
        about = [said(own.subject), ": ", said(own.text)]
        yield [word, own.party, about, until, instant(own.since_us)]
    for way in view.yields:
        if way.word in _OPEN_YIELDS:
            loud = tag("strong", way.word.upper()) if way.word == "overdue" else way.word
            about = [said(way.flight or way.asker)]
            yield ["asked to make way", way.party, about, loud, instant(way.asked_us)]
