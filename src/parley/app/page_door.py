"""Signing in and out on the plain pages: a form that takes a token, and who this browser is here.

No script. Where others than this machine can ask, this page is all that is shown before a token is.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from parley.app.http import Access, Handler, Refusal, read_body, told_on_page
from parley.app.page_forms import Form, hidden, read_form, sign_in_form
from parley.app.page_html import Html, said, tag
from parley.app.sessions import Role
from parley.world.faults import Fault, InputFault


class SignInPage:
    """The page before the others.

    Args:
        party: whose node it is.
        access: knows the tokens.
    """

    def __init__(self, party: str, access: Access) -> None:
        self._party = party
        self._access = access

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/sign-in", self._told(self._show), methods=["GET"]),
            Route("/sign-in", self._told(self._sign_in), methods=["POST"]),
            Route("/sign-out", self._told(self._sign_out), methods=["POST"]),
        ]

    def _told(self, handler: Handler) -> Handler:
        return told_on_page(handler, self._fault)

    async def _show(self, request: Request) -> Response:
        role = self._access.role(request)
        where = place_after(request.query_params.get("next", ""))
        return self._page(
            [door_part(role, signed=self._has_session(request)), sign_in_form(where, "Sign in")]
        )

    def _has_session(self, request: Request) -> bool:
        return self._access.session_of(request) is not None

    async def _read(self, request: Request) -> Form:
        try:
            return read_form(await read_body(request))
        except InputFault as fault:
            raise Refusal(400, fault) from None

    async def _sign_in(self, request: Request) -> Response:
        form = await self._read(request)
        token = form.one("token").strip()
        role = self._access.role_of_token(token)
        if role is None:
            raise Refusal(401, InputFault("token", wanted="the one in this node's token file"))
        response = RedirectResponse(place_after(form.one("next")), 303)
        self._access.open_session(response, role, token, request)
        return response

    async def _sign_out(self, request: Request) -> Response:
        await self._read(request)
        response = RedirectResponse("/sign-in" if self._access.walled else "/", 303)
        self._access.close_session(request, response)
        return response

    def _fault(self, fault: Fault, status: int) -> Response:
        told = tag("p", tag("strong", "Not done: "), str(fault), class_="fault", role="alert")
        return self._page([told, tag("p", tag("a", "Back", href="/sign-in"))], status)

    def _page(self, parts: Sequence[object], status: int = 200) -> Response:
        head = tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("title", f"{self._party} post, sign in"),
            tag("link", rel="stylesheet", href="/style.css"),
        )
        body = tag(
            "body",
            tag("header", tag("h1", "Parley: post of ", said(self._party))),
            tag("main", parts, id="content"),
        )
        text = f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"
        return Response(text, status, media_type="text/html")


def place_after(wanted: str) -> str:
    """Return where signing in leads: never to anybody else's page.

    >>> place_after("/console/"), place_after("//elsewhere.example/"), place_after("")
    ('/console/', '/', '/')
    """
    return "/console/" if wanted.startswith("/console/") else "/"


def door_part(role: Role | None, *, signed: bool) -> Html:
    """Return who a browser is here, with the button that ends its session where it has one."""
    words = {
        "operator": "This browser may act as this party's posts: whoever sits at it can."
        if signed
        else "Demonstration: anybody at this machine acts as this party's posts.",
        "observer": "This browser looks only: an observer's session never acts.",
        None: "This browser has shown no token: it cannot act.",
    }[role]
    leave = tag(
        "form", hidden("leave", "yes"), tag("button", "Sign out", type="submit"),
        method="post", action="/sign-out", autocomplete="off",
    )  # fmt: skip
    return tag("section", tag("h2", "Who sits here"), tag("p", words), leave if signed else None)
