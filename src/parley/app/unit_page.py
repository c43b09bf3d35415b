"""A unit's own page: the notices that it must have, large, with two buttons each; no script.

It is for a telephone and for a text browser alike. Whoever has shown a unit's token sees what this
unit must have, can say that it has read or loaded it, and can tell its own post what it saw.
Nothing else is shown or done here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from parley.app.http import Access, Handler, Refusal, cookie_name, read_body, told_on_page
from parley.app.message_views import MessageView
from parley.app.page_forms import Form, hidden, index_of, input_field, read_form
from parley.app.page_html import Html, due, facts, instant, said, seconds, tag
from parley.app.page_words import words_part
from parley.app.reading import own_reader
from parley.app.service import Service
from parley.app.unit_api import UNIT_BODY_BYTES_MAX, OwnReceipt, UnitDoor, require_begun
from parley.app.unit_report_api import OWN_SHOWN_MAX, require_reports
from parley.app.unit_report_page import own_reports, report_form, report_link, saw_from
from parley.app.unit_tokens import UnitSession, UnitTokens
from parley.app.unit_views import UnitNotice, unit_notices_beyond
from parley.node.rules.peering import link_state
from parley.node.rules.standing import window_of
from parley.world.faults import Fault, InputFault
from parley.world.phrases import Reader
from parley.world.time import format_second

REFRESH_S = 30
_DONE = {
    "read": "Your word that you have it is signed and stored at your post's node.",
    "loaded": "Your word that it is loaded is signed and stored at your post's node.",
    "report": "Kept at your post's node. No other party has it: your post has to say it. If it is "
    "urgent, tell your post by voice too.",
    "out": "Signed out here.",
}
_WAITING = (
    "This node has no notice that asks for this unit. What was not sent here may still be so."
)


class UnitPage:
    """The page of the units of one node.

    Args:
        service: the node's.
        tokens: who may come in.
        access: keeps what units report, and knows whether all comes over TLS.
    """

    def __init__(self, service: Service, tokens: UnitTokens, access: Access) -> None:
        self._service = service
        self._tokens = tokens
        self._access = access
        self._door = UnitDoor(service, tokens)

    def routes(self) -> list[Route]:
        """Return the routes of the page."""
        return [
            Route("/unit", self._told(self._show), methods=["GET"]),
            Route("/unit/sign-in", self._told(self._sign_in), methods=["POST"]),
            Route("/unit/receipt", self._told(self._receipt), methods=["POST"]),
            Route("/unit/report", self._told(self._show_report), methods=["GET"]),
            Route("/unit/report", self._told(self._report), methods=["POST"]),
            Route("/unit/sign-out", self._told(self._sign_out), methods=["POST"]),
        ]

    def _told(self, handler: Handler) -> Handler:
        return told_on_page(handler, self._fault)

    # ---- showing --------------------------------------------------------------------------------

    async def _show(self, request: Request) -> Response:
        session = self._session(request)
        done = _DONE.get(request.query_params.get("done", ""))
        told = tag("p", done, class_="done", role="status") if done else None
        if session is None:
            return self._page("Parley: a unit's notices", [told, _sign_in_form()])
        require_begun(self._service)
        try:
            notices = await self._door.notices(session.unit)
        except InputFault as fault:
            raise Refusal(503, fault) from None
        reader = own_reader(
            self._service.state, self._service.language, request.query_params.get("lang", "")
        )
        now_us = self._service.clock()
        beyond = unit_notices_beyond(self._service.state, session.unit, now_us)
        missing = sum(each.unit.missing for each in notices)
        count = f"{missing} of {len(notices)} notices ask for your word."
        parts = [
            told,
            _links(self._service, now_us),
            tag("p", tag("strong", count) if missing else count, id="count") if notices else None,
            [_beyond(party, number) for party, number in beyond.items()],
            [_notice(each, session, now_us, reader) for each in notices],
            None if notices else tag("p", _WAITING),
            report_link(),
            own_reports(require_reports(self._access).of_unit(session.unit, OWN_SHOWN_MAX)),
            _form("sign-out", session, tag("button", "Sign out here", type="submit")),
        ]
        return self._page(f"Unit {session.unit}", parts, refresh=True)

    async def _show_report(self, request: Request) -> Response:
        session = self._session(request)
        if session is None:
            return RedirectResponse("/unit", 303)
        require_begun(self._service)
        try:
            notices = await self._door.notices(session.unit)
        except InputFault as fault:
            raise Refusal(503, fault) from None
        back = tag("p", tag("a", "Back to the notices", href="/unit"))
        form = report_form(self._service.state, notices, session)
        return self._page(f"Unit {session.unit}", [form, back])

    def _page(
        self, title: str, parts: Sequence[object], *, status: int = 200, refresh: bool = False
    ) -> Response:
        again = tag("meta", http_equiv="refresh", content=f"{REFRESH_S};url=/unit")
        head = tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("title", f"{title}, {self._service.state.party}"),
            tag("link", rel="stylesheet", href="/style.css"),
            again if refresh else None,
        )
        how = f"; refreshes every {REFRESH_S} s" if refresh else ""
        body = tag(
            "body",
            tag("header", tag("h1", said(title)),
                tag("p", f"{self._service.state.party}, as of ", instant(self._service.clock()),
                    f"{how}. All times are UTC.")),
            tag("main", parts, id="content"),
            tag("footer", tag("p", "What is not shown here may still be so. Nothing here is a "
                                   "permission."), class_="quiet"),
            class_="unit",
        )  # fmt: skip
        text = f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"
        return Response(text, status, media_type="text/html")

    def _fault(self, fault: Fault, status: int) -> Response:
        told = tag("p", tag("strong", "Not done: "), str(fault), class_="fault", role="alert")
        back = tag("p", tag("a", "Back to the notices", href="/unit"))
        return self._page("Not done", [told, back], status=status)

    # ---- acting ---------------------------------------------------------------------------------

    def _session(self, request: Request) -> UnitSession | None:
        return self._tokens.session(request.cookies.get(_cookie(request), ""))

    async def _form_of(self, request: Request) -> Form:
        try:
            return read_form(await read_body(request, UNIT_BODY_BYTES_MAX))
        except InputFault as fault:
            raise Refusal(400, fault) from None

    async def _own(self, request: Request) -> tuple[UnitSession, Form]:
        """Return the session and the form of a request; one not from our page is refused."""
        session, form = self._session(request), await self._form_of(request)
        if session is None or not session.is_own(form.one("form")):
            wanted = "a form of this unit's page, signed in with a token that counts"
            fault = InputFault("form", wanted=wanted, repair="sign in again at /unit")
            raise Refusal(403, fault)
        return session, form

    async def _sign_in(self, request: Request) -> Response:
        form = await self._form_of(request)
        name = self._tokens.sign_in(form.one("token"))
        if name is None:
            wanted = "a unit's token that was made here and not revoked"
            raise Refusal(401, InputFault("token", wanted=wanted, repair="ask your post for one"))
        response = RedirectResponse("/unit", 303)
        response.set_cookie(
            _cookie(request), name, httponly=True, samesite="strict", path="/unit",
            secure=self._access.secure,
        )  # fmt: skip
        return response

    async def _sign_out(self, request: Request) -> Response:
        await self._own(request)
        self._tokens.sign_out(request.cookies.get(_cookie(request), ""))
        response = RedirectResponse("/unit?done=out", 303)
        response.delete_cookie(_cookie(request), path="/unit")
        return response

    async def _report(self, request: Request) -> Response:
        session, form = await self._own(request)
        require_begun(self._service)
        now_us = self._service.clock()
        try:
            saw = saw_from(form, now_us)
            require_reports(self._access).tell(session.unit, saw, now_us)
        except InputFault as fault:
            raise Refusal(409, fault) from None
        return RedirectResponse("/unit?done=report", 303)

    async def _receipt(self, request: Request) -> Response:
        session, form = await self._own(request)
        require_begun(self._service)
        word = form.one("say")
        try:
            if word not in ("read", "loaded"):
                raise InputFault("form field say", value=word, wanted="read or loaded")
            place = (form.one("log"), index_of(form))
            receipt = OwnReceipt(ref=place, loaded=word == "loaded")
        except InputFault as fault:
            raise Refusal(422, fault) from None
        try:
            await self._door.receipt(session.unit, receipt)
        except InputFault as fault:
            raise Refusal(409, fault) from None
        return RedirectResponse(f"/unit?done={word}", 303)


def _cookie(request: Request) -> str:
    return cookie_name("parley_unit", request)


def _links(service: Service, now_us: int) -> list[Html]:
    """Return the peers from whom no notice can come now: an empty page says nothing of them."""
    found = []
    for party in sorted(service.state.identity.peers):
        word, heard_us = link_state(service.state, party, now_us)
        if word != "up":
            heard = [", last heard ", instant(heard_us)] if heard_us is not None else ""
            line = tag("strong", f"NO NEWS FROM {party}: the link to it is {word}")
            text = ". A notice may exist that is not here."
            found.append(tag("p", line, heard, text, class_="fault", role="status"))
    return found


def _beyond(party: str, number: int) -> Html:
    line = f"{number} MORE FROM {party} ASK FOR YOUR WORD AND ARE NOT SHOWN"
    return tag("p", tag("strong", line), ": ask your post.", class_="fault", role="status")


def _sign_in_form() -> Html:
    return tag(
        "form",
        tag(
            "fieldset",
            tag("legend", "Sign in as a unit"),
            tag("p", "Your post has made a token for your unit. Hyphens and case do not matter."),
            input_field("Token", "token", "token", required=True, autocapitalize="characters",
                        autocorrect="off", spellcheck="false"),
            tag("button", "Sign in", type="submit"),
        ),
        method="post",
        action="/unit/sign-in",
        autocomplete="off",
    )  # fmt: skip


def _form(action: str, session: UnitSession, *children: object) -> Html:
    return tag(
        "form",
        hidden("form", session.number),
        children,
        method="post",
        action=f"/unit/{action}",
        autocomplete="off",
    )


# ---- one notice ---------------------------------------------------------------------------------


def _notice(notice: UnitNotice, session: UnitSession, now_us: int, reader: Reader) -> Html:
    view = notice.view
    marks = [view.status.upper()] if view.status != "actual" else []
    marks += ["LIFE-SAFETY"] if view.life_safety else []
    marks += ["CANCELLED: what it names does not hold any more"] if notice.cancels else []
    marks += ["CORRECTED: you have the old one"] if _has_old(notice) else []
    marks += ["IT HAS BEGUN"] if notice.begun else []
    return tag(
        "article",
        tag("h2", f"{view.message_type} from ", said(view.party)),
        tag("p", tag("strong", " · ".join(marks))) if marks else None,
        _words(view, reader, masked=notice.masked),
        facts(_facts(notice, now_us)),
        _before(notice, reader),
        tag("p", tag("strong", _state(notice)), class_="warn" if notice.unit.missing else "good"),
        None if notice.masked else _buttons(notice, session),
        tag("p", tag("code", f"{view.key[0]} {view.key[1]}"), class_="quiet"),
        class_="asks" if notice.unit.missing else None,
    )


def _has_old(notice: UnitNotice) -> bool:
    return notice.unit.word == "has the old one" and not notice.cancels


def _words(view: MessageView, reader: Reader, *, masked: bool) -> object:
    if masked:
        return tag(
            "p",
            "A guarded notice. Its words are shown here after a post of yours has opened it, and "
            "that is written down. Ask your post now.",
            class_="fault",
        )
    return words_part(view, reader)


def _facts(notice: UnitNotice, now_us: int) -> dict[str, object]:
    view = notice.view
    pairs: dict[str, object] = {}
    if notice.begins_us is not None:
        window = tag("span", window_words(notice.begins_us, notice.ends_us), class_="window")
        pairs["When (UTC)"] = [window, tag("div", _when(notice, now_us))]
    # A window that cannot be read is shown as it was written.
    told = {"window"} if window_of(view.fields)[0] is not None else set()
    shown = {name: value for name, value in view.fields.items() if name not in told}
    pairs |= {name: said(value) for name, value in shown.items()}
    pairs["Said"] = [instant(view.sent_us), " by ", said(view.post), " of ", said(view.party)]
    if notice.unit.missing:
        pairs["Your word by"] = due(notice.unit.due_us, now_us)
    return pairs


def window_words(begins_us: int, ends_us: int | None) -> str:
    """Return a window as a crew reads it: times of day, and the date once where it is one day.

    >>> window_words(1_497_939_000_000_000, 1_497_941_400_000_000)
    '06:10:00Z to 06:50:00Z on 2017-06-20'
    """
    day, begins = format_second(begins_us).split("T")
    if ends_us is None:
        return f"from {begins} on {day}, no end stated"
    last, ends = format_second(ends_us).split("T")
    if day == last:
        return f"{begins} to {ends} on {day}"
    return f"{begins} on {day} to {ends} on {last}"


def _when(notice: UnitNotice, now_us: int) -> str:
    begins_us, ends_us = notice.begins_us, notice.ends_us
    if begins_us is not None and now_us < begins_us:
        return f"begins in {seconds(begins_us - now_us)}"
    if ends_us is not None and now_us <= ends_us:
        return f"has begun; ends in {seconds(ends_us - now_us)}"
    return "has begun"


def _before(notice: UnitNotice, reader: Reader) -> Html | None:
    """Return what a correction or cancellation is about: its unit may know it by those words."""
    old = notice.before
    if old is None or old.reading == "guarded" or notice.masked:
        return None
    label = "It cancels this" if notice.cancels else "It stands in the place of this"
    pairs = {name: said(value) for name, value in old.fields.items()}
    return tag("blockquote", tag("p", tag("strong", label)), words_part(old, reader), facts(pairs))


def _state(notice: UnitNotice) -> str:
    unit = notice.unit
    words: dict[str, Callable[[], str]] = {
        "not told": lambda: "You have not said that you have it.",
        "has the old one": lambda: "You have said that you have the one before, and not this one.",
        "told": lambda: f"You have it: said {_how(notice)}.",
        "loaded": lambda: f"You have it and it is loaded: said {_how(notice)}.",
    }
    more = " You have not said that it is loaded." if unit.word == "told" and unit.missing else ""
    return words[unit.word]() + more


def _how(notice: UnitNotice) -> str:
    unit = notice.unit
    return "here" if unit.told_by == "unit" else f"by voice to {unit.told_post}"


def _buttons(notice: UnitNotice, session: UnitSession) -> Html | None:
    asked = {
        "not told": ("read", "loaded"), "has the old one": ("read", "loaded"),
        "told": ("loaded",), "loaded": (),
    }[notice.unit.word]  # fmt: skip
    if not asked:
        return None
    label = {"read": "I have read it", "loaded": "Loaded"}
    return _form(
        "receipt",
        session,
        hidden("log", notice.view.key[0]),
        hidden("index", str(notice.view.key[1])),
        [
            tag("button", label[word], type="submit", name="say", value=word, class_="big")
            for word in asked
            if word == "read" or not notice.cancels
        ],
    )
