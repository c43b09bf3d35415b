"""The post's page: plain HTML made by the server, for any browser, text ones included; no script.

It refreshes by itself unless told not to; forms that are typed into are shown only while it does
not. Showing a message that awaits us to somebody signed in writes its `displayed` receipt.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from parley import __version__
from parley.app.agreement_views import agreements_view
from parley.app.alarm_views import alarms_view
from parley.app.alert_views import AlertsView, alerts_view
from parley.app.call_views import calls_view, relays_view
from parley.app.custody_views import (
    StoredReceipts,
    consents_view,
    disputes_view,
    forks_view,
    holds_view,
    keys_view,
    operators_view,
    own_keys_refused,
)
from parley.app.http import Access, Handler, Refusal, read_body, told_on_page
from parley.app.intent_views import conflicts_shown, intents_shown
from parley.app.layer_views import layers_part, layers_shown
from parley.app.message_views import MessageView, messages
from parley.app.notice_views import ledger_view, notices_view
from parley.app.page_agreements import agreements_part
from parley.app.page_alarms import ALARM_MAKERS, alarms_part
from parley.app.page_alerts import ALERT_MAKERS, alerts_part
from parley.app.page_alerts import ROWS_SHOWN_MAX as ALERT_ROWS_MAX
from parley.app.page_assessments import assessments_part, register_part
from parley.app.page_calls import CALL_MAKERS, call_forms, calls_part
from parley.app.page_custody import (
    CUSTODY_MAKERS,
    custody_forms,
    custody_part,
    destroy_form,
    open_form,
    opened_facts,
    signed_facts,
    warnings_part,
)
from parley.app.page_door import door_part
from parley.app.page_forms import (
    Form,
    act_from,
    answer_form,
    line_forms,
    our_posts,
    read_form,
    say_forms,
    sign_in_form,
    type_form,
)
from parley.app.page_html import Html, escape, instant, tag
from parley.app.page_intents import intents_part
from parley.app.page_notices import ROWS_SHOWN_MAX, notices_part
from parley.app.page_parts import (
    anchor,
    glance_part,
    lines_part,
    logs_part,
    message_part,
    node_part,
    section,
)
from parley.app.page_reposition import REPOSITION_MAKERS, plan_part, reposition_part
from parley.app.page_style import stylesheet
from parley.app.page_units import (
    UNIT_MAKERS,
    reports_part,
    require_form,
    unit_forms,
    units_fact,
    units_part,
)
from parley.app.page_words import languages_part
from parley.app.page_zones import pressure_part, zones_part
from parley.app.reading import own_reader
from parley.app.reposition_api import only_agreement, reposition_rows
from parley.app.service import Service
from parley.app.standing_views import standing_part, standing_view
from parley.app.unit_views import untold
from parley.app.views import (
    boundaries_shown,
    line_vectors,
    logs_view,
    peers_view,
    status_view,
    zones_shown,
)
from parley.node.inputs import Display
from parley.node.rules.assessments import assessments, incident_register
from parley.node.rules.pressure import pressure_views
from parley.node.rules.reposition_plan import plan
from parley.world.faults import Fault, InputFault
from parley.world.phrases import Reader
from parley.world.time import parse_instant_us

REFRESH_S = 10
CLOSED_SHOWN_MAX = 20
"""Closed messages on the page; the API has them all."""
_SECTIONS = (
    "alarms", "units", "lines", "alerts", "messages", "calls", "write", "agreements", "zones",
    "intents", "reposition", "custody", "logs",
)  # fmt: skip
_DONE = {
    "answer": "The answer is signed and stored here; see its message for how far it got.",
    "say": "The message is signed and stored here; see below for how far it got.",
    "line": "The act is signed and stored here.",
    "presence": "The presence is signed and stored here.",
    "alarm": "The alarm is taken: it is silent here and calls nobody more. It answers nothing.",
    "alert": "The mark is signed and stored here, for this party alone.",
    "call": "The call is signed and stored here; the other end enters its own.",
    "relay": "What became of it is signed and stored here.",
    "unit": "What the unit said is signed and stored here, by your post.",
    "reposition": "The intents are moved, those named are told, and it is recorded.",
    "require": "The list of units is signed and stored here.",
    "open": "The opening is written into the private log; the notice is below.",
    "destroy": "Our copy is destroyed. Copies that others hold cannot be recalled.",
    "consent": "The consent, or its end, is signed and stored here.",
    "hold": "The hold stands: nothing under the agreement is destroyed here.",
    "lift": "The hold is lifted.",
    "distrust": "The key counts no more here, from now on.",
}


class Page:
    """The page of one node.

    Args:
        service: the node's.
        access: who may act.
    """

    def __init__(self, service: Service, access: Access) -> None:
        self._service = service
        self._access = access
        self._style = stylesheet().encode()
        self._receipts = StoredReceipts(service.crank.store)

    def routes(self) -> list[Route]:
        """Return the routes of the page."""
        return [
            Route("/", self._told(self._show), methods=["GET"]),
            Route("/style.css", self._send_style, methods=["GET"]),
            Route("/act", self._told(self._act), methods=["POST"]),
        ]

    def _told(self, handler: Handler) -> Handler:
        return told_on_page(handler, self._fault_page)

    async def _send_style(self, request: Request) -> Response:
        del request
        return Response(self._style, media_type="text/css")

    # ---- showing --------------------------------------------------------------------------------

    async def _show(self, request: Request) -> Response:
        now_us = self._service.clock()
        query = request.query_params
        number = self._access.number_of(request) if self._service.begun else None
        # A browser that fetches ahead has shown the page to nobody.
        ahead = "prefetch" in request.headers.get("sec-purpose", request.headers.get("purpose", ""))
        if number is not None and not ahead:
            await self._mark_displayed(now_us)
        refresh = query.get("refresh") != "off"
        try:
            write = self._write_part(query.get("write", ""), number=number)
            planned = self._plan_part(query, now_us, number=number)
        except InputFault as fault:
            raise Refusal(400, fault) from None
        reader = own_reader(self._service.state, self._service.language, query.get("lang", ""))
        parts = self._parts(now_us, write, reader, planned, number=number, refresh=refresh)
        done = _DONE.get(query.get("done", ""))
        told = tag("p", done, class_="done", role="status") if done else None
        signed = self._access.session_of(request) is not None
        door = door_part(self._access.role(request), signed=signed)
        return self._page([told, *parts, door], now_us, refresh=refresh)

    def _parts(
        self,
        now_us: int,
        write: Html,
        reader: Reader,
        planned: Html | None,
        *,
        number: str | None,
        refresh: bool,
    ) -> list[Html | None]:
        state = self._service.state
        vectors = line_vectors(state, now_us)
        alerts = alerts_view(state, self._service.feeds, now_us, count=ALERT_ROWS_MAX)
        peers = peers_view(state, now_us)
        return [
            warnings_part(forks_view(state), disputes_view(state), peers, own_keys_refused(state)),
            glance_part(vectors, alerts, messages(state, now_us, open_only=True), now_us),
            reports_part(self._access.reports),
            self._alarms_part(now_us, number=number),
            self._units_part(now_us, number=number, refresh=refresh),
            lines_part(vectors, peers, now_us),
            self._alerts_part(alerts, now_us, number=number),
            self._messages_part(now_us, reader, number=number, refresh=refresh),
            self._calls_part(now_us, number=number, refresh=refresh),
            standing_part(standing_view(state, now_us)),
            agreements_part(agreements_view(state, now_us)),
            self._notices_part(now_us),
            assessments_part(assessments(state, now_us), now_us),
            write,
            zones_part(zones_shown(state, now_us), boundaries_shown(state)),
            pressure_part(pressure_views(state, now_us)),
            intents_part(intents_shown(state, now_us), conflicts_shown(state, now_us), now_us),
            reposition_part(reposition_rows(state), planned),
            register_part(incident_register(state)),
            layers_part(layers_shown(state, now_us)),
            self._custody_part(now_us, number=number, refresh=refresh),
            logs_part(logs_view(state), now_us),
            node_part(status_view(self._service, now_us, version=__version__)),
        ]

    def _plan_part(
        self, query: Mapping[str, str], now_us: int, *, number: str | None
    ) -> Html | None:
        """Return the plan that is asked for, or None."""
        if not query.get("reposition"):
            return None
        state = self._service.state
        agreement = only_agreement(state, query.get("repo_agreement", ""))
        text = query.get("repo_from", "")
        from_us = parse_instant_us(text, "From") if text else now_us
        side = query.get("repo_side", "")
        made = plan(state, agreement, query["reposition"], from_us, now_us=now_us, side=side)
        return plan_part(state, made, number)

    def _alarms_part(self, now_us: int, *, number: str | None) -> Html:
        state = self._service.state

        def posts(name: str, line: str) -> tuple[str, ...]:
            agreement = state.agreement(name)
            return our_posts(state, agreement, line) if agreement else ()

        view = alarms_view(state, now_us, self._service.calls)
        return alarms_part(view, now_us, posts, number)

    def _alerts_part(self, view: AlertsView, now_us: int, *, number: str | None) -> Html:
        state = self._service.state

        def posts(name: str) -> tuple[str, ...]:
            agreement = state.agreement(name)
            if agreement is None:
                return ()
            line = next((x.id for x in agreement.lines if state.party in x.parties), "")
            return our_posts(state, agreement, line)

        return alerts_part(view, now_us, posts, number)

    def _units_part(self, now_us: int, *, number: str | None, refresh: bool) -> Html:
        state = self._service.state
        views = untold(state, now_us)
        forms: object = None
        if number is not None and views and refresh:
            label = "Enter what a unit said by voice (stops the refreshing)"
            forms = tag("p", tag("a", label, href="/?refresh=off#units"))
        elif number is not None:
            forms = unit_forms(state, views, number)
        return units_part(views, state.party, forms, now_us)

    def _messages_part(
        self, now_us: int, reader: Reader, *, number: str | None, refresh: bool
    ) -> Html:
        """Return the open messages, those that await us first, then the newest closed ones."""
        every = messages(self._service.state, now_us, receipts=self._receipts)
        open_ones = sorted(
            (view for view in every if view.open),
            key=lambda v: (not v.awaits_us, v.answer_due_us or 0, v.key),
        )
        closed = [view for view in every if not view.open][:CLOSED_SHOWN_MAX]
        waiting = sum(view.awaits_us for view in open_ones)
        count = f"{len(open_ones)} open, {waiting} of them await our answer."

        def shown(views: list[MessageView]) -> list[Html]:
            return [self._message(v, now_us, reader, number=number, refresh=refresh) for v in views]

        return section(
            "messages",
            "Messages",
            tag("p", tag("strong", count) if waiting else count),
            languages_part(reader, "" if refresh else "off"),
            shown(open_ones),
            tag("h3", "Closed, newest first") if closed else None,
            shown(closed),
        )

    def _message(
        self, view: MessageView, now_us: int, reader: Reader, *, number: str | None, refresh: bool
    ) -> Html:
        forms = [
            self._form_for(view, number=number, refresh=refresh),
            self._notice_form(view, number=number, refresh=refresh),
        ]
        more: dict[str, object] = {}
        if view.units:
            more["Units told"] = units_fact(view.units)
        own = self._service.state.party
        asks = any(each.party == own and not each.over for each in view.units)
        if number is not None and not refresh and asks:
            forms.append(require_form(view.key, self._posts(view), number))
        if view.signatures or view.party == self._service.state.party:
            more["Signed by people"] = signed_facts(view)
        if view.opened:
            more["Opened here by"] = opened_facts(view, now_us)
        shown = [form for form in forms if form is not None]
        return message_part(view, now_us, escape(shown) if shown else None, more, reader)

    def _notice_form(self, view: MessageView, *, number: str | None, refresh: bool) -> Html | None:
        """Return the form that opens a guarded notice, or destroys our copy of an opened one."""
        if number is None or view.reading not in ("guarded", "opened"):
            return None
        if refresh:
            label = "Open or destroy it (stops the refreshing)"
            return tag("p", tag("a", label, href=f"/?refresh=off#{anchor(view.key)}"))
        posts = self._posts(view)
        if view.reading == "guarded":
            return open_form(view, posts, number)
        return destroy_form(view, posts, number)

    def _notices_part(self, now_us: int) -> Html | None:
        state = self._service.state
        view = notices_view(state, now_us, most=ROWS_SHOWN_MAX)
        told = ledger_view(state, now_us, self._receipts, newest=ROWS_SHOWN_MAX)
        return notices_part(view, told, state.party, now_us)

    def _calls_part(self, now_us: int, *, number: str | None, refresh: bool) -> Html:
        state = self._service.state
        calls = calls_view(state, now_us, receipts=self._receipts)
        relays = relays_view(state, now_us)
        forms: object = None
        if number is not None and refresh:
            label = "Enter a telephone call (stops the refreshing)"
            forms = tag("p", tag("a", label, href="/?refresh=off#calls"))
        elif number is not None:
            forms = call_forms(state, relays, number)
        return calls_part(calls, relays, forms, now_us)

    def _custody_part(self, now_us: int, *, number: str | None, refresh: bool) -> Html:
        state = self._service.state
        keys, holds = keys_view(state), holds_view(state)
        form: Html | None = None
        if number is not None and refresh:
            label = "Give consent, set a hold, distrust a key (stops the refreshing)"
            form = tag("p", tag("a", label, href="/?refresh=off#custody"))
        elif number is not None:
            agreements = [
                (each, each.party(state.party).posts)
                for _, each in sorted(state.agreements.items())
            ]
            form = escape(custody_forms(agreements, state.party, keys, holds, number))
        operators, consents = operators_view(state, now_us), consents_view(state, now_us)
        return custody_part(operators, keys, holds, consents, form)

    def _form_for(self, view: MessageView, *, number: str | None, refresh: bool) -> Html | None:
        if not view.awaits_us or number is None or view.reading == "guarded":
            return None
        if refresh:
            label = f"Answer with one of {', '.join(view.may_answer)} (stops the refreshing)"
            return tag("p", tag("a", label, href=f"/?refresh=off#{anchor(view.key)}"))
        return answer_form(view, self._posts(view), number)

    def _posts(self, view: MessageView) -> tuple[str, ...]:
        agreement = self._service.state.agreement(view.agreement)
        return our_posts(self._service.state, agreement, view.line) if agreement else ()

    def _write_part(self, name: str, *, number: str | None) -> Html:
        if number is None:
            return section("write", "Act", sign_in_form())
        state = self._service.state
        chosen = say_forms(state, name, number) if name else None
        return section("write", "Act", type_form(), chosen, line_forms(state, number))

    async def _mark_displayed(self, now_us: int) -> None:
        """Write that each message that awaits us was put in front of the post.

        A guarded notice is, once it has been opened: before that its words are not on the page.
        """
        for view in messages(self._service.state, now_us, open_only=True):
            if view.reading == "guarded":
                continue
            posts = self._posts(view)
            ours = [step for step in view.ladder if step.party == self._service.state.party]
            if posts and ours and ours[0].displayed_us is None:
                # A receipt that cannot be written must not hide the message: it is shown without.
                with contextlib.suppress(InputFault):
                    await self._service.act(Display(ref=view.key, post=posts[0]))

    # ---- acting ---------------------------------------------------------------------------------

    async def _read(self, request: Request) -> Form:
        try:
            return read_form(await read_body(request))
        except InputFault as fault:
            raise Refusal(400, fault) from None

    async def _act(self, request: Request) -> Response:
        form = await self._read(request)
        try:
            self._access.require_form(request, form.one("form"))
            if not self._service.begun:
                fault = InputFault("node", value="waiting for its clock", wanted="an advance")
                raise Refusal(503, fault)
            makers = {
                **CUSTODY_MAKERS, **ALARM_MAKERS, **ALERT_MAKERS, **CALL_MAKERS, **UNIT_MAKERS,
                **REPOSITION_MAKERS,
            }  # fmt: skip
            act = act_from(form, self._service.clock(), makers)
        except InputFault as fault:
            raise Refusal(422, fault) from None
        try:
            await self._service.act(act)
        except InputFault as fault:
            raise Refusal(409, fault) from None
        return RedirectResponse(f"/?done={form.one('kind')}", 303)

    # ---- the document ---------------------------------------------------------------------------

    def _fault_page(self, fault: Fault, status: int) -> Response:
        told = tag("p", tag("strong", "Not done: "), str(fault), class_="fault", role="alert")
        back = tag("p", tag("a", "Back to the page", href="/?refresh=off"))
        return self._page([told, back], self._service.clock(), refresh=False, status=status)

    def _page(
        self, parts: list[Html | None], now_us: int, *, refresh: bool, status: int = 200
    ) -> Response:
        party = self._service.state.party
        again = tag("meta", http_equiv="refresh", content=f"{REFRESH_S}") if refresh else None
        head = tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("title", f"{party} post, Parley"),
            tag("link", rel="stylesheet", href="/style.css"),
            again,
        )
        change = (
            tag("a", "stop refreshing", href="/?refresh=off")
            if refresh
            else tag("a", f"refresh every {REFRESH_S} s", href="/")
        )
        how = f"refreshes every {REFRESH_S} s" if refresh else "does not refresh by itself"
        nav = tag("ul", [tag("li", tag("a", name, href=f"#{name}")) for name in _SECTIONS])
        body = tag(
            "body",
            tag("a", "Skip to the content", href="#content", class_="skip"),
            tag(
                "header",
                tag("h1", f"Parley: post of {party}"),
                tag("p", "As of ", instant(now_us), f"; {how}: ", change),
                tag("nav", nav, aria_label="Sections"),
            ),
            tag("main", parts, id="content"),
            tag(
                "footer",
                tag("p", "All times are UTC. What is not shown here may still be so."),
                class_="quiet",
            ),
        )
        text = f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"
        return Response(text, status, media_type="text/html")
