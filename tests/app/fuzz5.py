"""Entries of rules version 4 as somebody writes who obeys no rule, and everything that reads them.

`hostile_bodies` draws any body that its type can hold, `write` puts it into a peer's log, and a
`Looker` asks for everything that a node shows: clock rules, alarms, the page, the API, verdicts.
"""

from __future__ import annotations

import asyncio
import re
import typing
from types import SimpleNamespace
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlencode

import msgspec
from hypothesis import strategies as st
from simworld import SimWorld
from starlette.requests import Request

from parley.app.api import Api
from parley.app.http import Access, Refusal
from parley.app.page import Page
from parley.node.agreement_bodies import AGREEMENT_BODY_TYPES
from parley.node.encoding import encode_entry
from parley.node.entries import Body, Draft, LogName, Reference, kind_of
from parley.node.rules.alarms import alarms
from parley.node.snapshots import digest
from parley.node.step import clock_work, next_due_us
from parley.world.faults import InputFault
from parley.world.time import US_MAX, US_MIN

HOSTILE_TEXTS = (
    "", " ", "<b>&\"'", "\x1b[2J\x00\x07", "\u202ekcab", "=1+1", "-", "a" * 4_000, "ALFA", "BRAVO",
    "nobody/at/all", "%s {0}", "\U0001f6e9", "Z1", "I1", "P1", "desk",
)  # fmt: skip


def texts(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    pools = [st.sampled_from(names), st.sampled_from(HOSTILE_TEXTS)]
    loose = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
    return st.one_of(*pools, pools[0], loose)


def integers(now_us: int) -> st.SearchStrategy[int]:
    near = st.integers(-100_000, 100_000).map(lambda s: now_us + s * 1_000_000)
    edges = st.sampled_from(
        (0, 1, -1, US_MIN, US_MAX, 2**53 - 1, -(2**53) + 1, 2**31, 10**9, -(10**9), 10_132_500)
    )
    return st.one_of(near, near, edges, st.integers(-(10**11), 10**11))


def instants(now_us: int) -> st.SearchStrategy[int]:
    near = st.integers(-100_000, 100_000).map(lambda s: now_us + s * 1_000_000)
    return st.one_of(near, near, near, st.sampled_from((US_MIN, US_MAX, now_us, 0)))


def values_of(kind: Any, name: str, names: tuple[str, ...], now_us: int) -> st.SearchStrategy:
    """Return what a field of a type can be."""
    origin = get_origin(kind)
    if origin is Literal:
        return st.sampled_from(get_args(kind))
    if kind is str:
        return texts(names)
    if kind is bool:
        return st.booleans()
    if kind is int:
        return instants(now_us) if name.endswith("_us") else integers(now_us)
    if origin is tuple:
        return st.lists(values_of(get_args(kind)[0], "", names, now_us), max_size=4).map(tuple)
    if origin is dict:
        return st.dictionaries(texts(names), texts(names), max_size=3)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return struct_of(kind, names, now_us)
    return st.one_of(*(
        st.none() if each is type(None) else values_of(each, name, names, now_us)
        for each in get_args(kind)
    ))  # fmt: skip


def struct_of(kind: type, names: tuple[str, ...], now_us: int) -> st.SearchStrategy:
    hints = typing.get_type_hints(kind)
    fields = [f.name for f in msgspec.structs.fields(kind)]
    return st.builds(kind, **{f: values_of(hints[f], f, names, now_us) for f in fields})


def hostile_bodies(names: tuple[str, ...], now_us: int, kinds=AGREEMENT_BODY_TYPES):
    return st.sampled_from(kinds).flatmap(lambda kind: struct_of(kind, names, now_us))


def references(world: SimWorld, party: str, agreement: str) -> list[Reference]:
    """Return references that somebody may write: true ones, and ones that cannot be."""
    state = world.node(party).state
    found = []
    for log in state.scope(agreement).logs.values():
        for index in range(log.tree.size):
            found.append(state.reference((log.name.origin, index)))
    last = found[-1]
    return [
        *found,
        msgspec.structs.replace(last, leaf="00" * 32),
        msgspec.structs.replace(last, leaf="no hash"),
        msgspec.structs.replace(last, index=10**6),
        msgspec.structs.replace(last, index=-1),
        msgspec.structs.replace(last, log="nonsense"),
        msgspec.structs.replace(last, log="parley.example/OTHER/ALFA/line/2026"),
        msgspec.structs.replace(last, log=f"parley.example/{agreement}/NOBODY/line/2026"),
    ]


def write(world: SimWorld, party: str, agreement: str, body: Body, **more: Any):
    """Let a party sign any entry, past all rules; None where its bytes could be no entry."""
    crank = world.node(party)
    by, issued_us = more.pop("by", "desk"), more.pop("issued_us", world.now_us)
    name = LogName(agreement=agreement, party=party, kind=kind_of(body), year=2026)
    seq = crank.state.log(name.origin).tree.size
    draft = Draft(agreement=agreement, by=by, body=body, **more)
    try:
        data = encode_entry(draft, log=name, seq=seq, issued_us=issued_us, seen={})
    except InputFault:
        return None
    crank.append_exact(name.origin, seq, [data])
    return (name.origin, seq)


class Looker:
    """Everything that a node shows, asked of its state as it is."""

    def __init__(self, world: SimWorld, party: str) -> None:
        self.world, self.crank = world, world.node(party)
        self.service = SimpleNamespace(
            crank=self.crank, clock=lambda: self.world.now_us, feeds={}, calls=None, begun=True,
            language="", by_file={}, link_faults=[], listeners=[], faults=lambda: (), queued=0,
            state=self.crank.state, act=self._refuse,
        )  # fmt: skip
        access = Access(token="t" * 43, sign_in=False, units=None)
        self.api = Api(self.service, self.crank.store, access)
        self.page = Page(self.service, access)

    async def _refuse(self, act: object) -> None:
        raise InputFault("act", value=type(act).__name__, wanted="only looking here")

    def look(self, queries: dict[str, list[dict[str, str]]] | None = None) -> dict[str, bytes]:
        """Ask everything; nothing may raise but a refusal of a question."""
        state, now_us = self.crank.state, self.world.now_us
        assert state is self.service.state
        clock_work(state, now_us)
        next_due_us(state, now_us)
        alarms(state, now_us)
        for scope in state.scopes.values():
            digest(scope)
        return {**self._api(queries or {}), "page": self._page()}

    def _page(self) -> bytes:
        for query in ("", "refresh=off", "write=free.text"):
            body = asyncio.run(self._shown(query))
        return body

    async def _shown(self, query: str) -> bytes:
        (show,) = (r.endpoint for r in self.page.routes() if r.path == "/")
        scope = {
            "type": "http", "method": "GET", "path": "/", "headers": [],
            "query_string": query.encode(), "path_params": {},
        }  # fmt: skip
        return bytes((await show(Request(scope))).body)

    def _api(self, queries: dict[str, list[dict[str, str]]]) -> dict[str, bytes]:
        found = {}
        for operation in self.api.operations():
            if operation.method != "GET" or operation.path in SKIPPED:
                continue
            for query in queries.get(operation.path, [{}]):
                found[operation.path] = asyncio.run(self._ask(operation, dict(query)))
        return found

    async def _ask(self, operation: Any, query: dict[str, str]) -> bytes:
        paths = dict.fromkeys(re.findall(r"\{(\w+)", operation.path), "0")
        paths |= {k[1:]: query.pop(k) for k in list(query) if k.startswith("/")}
        scope = {
            "type": "http", "method": "GET", "path": operation.path, "headers": [],
            "query_string": urlencode(query).encode(), "path_params": paths,
        }  # fmt: skip
        try:
            reply = await operation.handler(Request(scope))
        except Refusal as refusal:
            return str(refusal.fault).encode()
        return bytes(reply.body)


SKIPPED = (
    "/api/changes", "/api/export", "/api/logs/{origin:path}/entries", "/api/unit/notices",
    "/api/bundle", "/api/bundles",
)  # fmt: skip
