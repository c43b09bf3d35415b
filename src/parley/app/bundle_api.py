"""The operations on bundles: take one, make one. A file in, a file out; both need the token."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley.app.bundle_frames import read_bundle
from parley.app.bundle_making import make_bundle
from parley.app.bundle_memory import Memory
from parley.app.bundle_taking import BundleTaken, Taking, check_bundle
from parley.app.config import decode_json
from parley.app.crank import Turned
from parley.app.http import Access, Refusal, json_reply, read_body
from parley.app.openapi import Operation, Parameter
from parley.app.service import Service
from parley.store.sqlite import Store
from parley.wire.bundle import BUNDLE_BYTES_MAX, SUFFIX
from parley.world.faults import InputFault, PeerFault

MEDIA = "application/octet-stream"


class MakeBundle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a bundle shall be: how long at most, and whether it goes on from the last one made.

    `type` is there so that a body for another operation is not taken for this one.
    """

    type: Literal["bundle"] = "bundle"
    most_bytes: Annotated[int, msgspec.Meta(ge=1, le=BUNDLE_BYTES_MAX)] = BUNDLE_BYTES_MAX
    goes_on: bool = False


class Bundles:
    """The bundles of one node.

    Args:
        service: the node's one queue.
        store: the node's.
    """

    def __init__(self, service: Service, store: Store) -> None:
        self._service = service
        self._store = store
        self._memory = Memory(store)
        self._taking = asyncio.Lock()
        self._connection = 0
        service.by_file.update(self._memory.heard_us())
        service.listeners.append(self._learn)

    def _learn(self, now_us: int, turned: Turned) -> None:
        del now_us, turned
        self._memory.learn(self._service.state)

    def make(
        self, peer: str, *, most_bytes: int = BUNDLE_BYTES_MAX, goes_on: bool = False
    ) -> bytes:
        """Return what a peer lacks, as one file.

        Raises:
            InputFault: no such peer, or no room for the next entry.
        """
        self._memory.learn(self._service.state)
        made = make_bundle(
            self._service.state,
            self._store,
            self._memory.of(peer),
            peer,
            self._service.clock(),
            most_bytes=most_bytes,
            goes_on=goes_on,
        )
        self._memory.put(peer, made.known)
        return made.data

    async def take(self, data: bytes) -> BundleTaken:
        """Return what a file gave.

        Raises:
            PeerFault: it is no bundle for this node that its maker signed; nothing was taken.
        """
        bundle = read_bundle(data)
        # One at a time: each speaks to the node as a session of its own.
        async with self._taking:
            self._memory.learn(self._service.state)
            known = self._memory.of(bundle.header.party)
            check_bundle(self._service, known, bundle.header, self._service.clock())
            self._connection -= 1
            taking = Taking(self._service, self._store, known, self._connection)
            taken = await taking.take(bundle)
            now_us = self._service.clock()
            self._memory.took(self._service.state, bundle.header, now_us)
            self._service.by_file[bundle.header.party] = now_us
        return taken


class BundleApi:
    """The operations on the bundles of one node.

    Args:
        bundles: the node's.
        service: the node's.
        access: who may act.
    """

    def __init__(self, bundles: Bundles, service: Service, access: Access) -> None:
        self._bundles = bundles
        self._service = service
        self._access = access

    def operations(self) -> list[Operation]:
        """Return the table of operations."""
        party = Parameter("party", "path", str, "For whom.")
        return [
            Operation(
                "POST", "/api/bundles", "Take a bundle: the file itself is the body.",
                self._take, BundleTaken, file=MEDIA,
            ),
            Operation(
                "POST", "/api/bundles/{party}", "Make a bundle of what a peer lacks.",
                self._make, body=MakeBundle, media=MEDIA, status=201, parameters=(party,),
            ),
        ]  # fmt: skip

    async def _take(self, request: Request) -> Response:
        self._may(request, MEDIA)
        data = await read_body(request, BUNDLE_BYTES_MAX)
        try:
            return json_reply(await self._bundles.take(data))
        except PeerFault as fault:
            raise Refusal(422, fault) from None

    async def _make(self, request: Request) -> Response:
        self._may(request, "application/json")
        peer = request.path_params["party"]
        try:
            asked = decode_json(await read_body(request), MakeBundle, "bundle")
        except InputFault as fault:
            raise Refusal(422, fault) from None
        try:
            data = self._bundles.make(peer, most_bytes=asked.most_bytes, goes_on=asked.goes_on)
        except InputFault as fault:
            raise Refusal(409, fault) from None
        headers = {"Content-Disposition": f'attachment; filename="for-{peer}{SUFFIX}"'}
        return Response(data, 201, media_type=MEDIA, headers=headers)

    def _may(self, request: Request, media: str) -> None:
        self._access.require_token(request)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != media:
            # What another site's form can send is neither of the two.
            fault = InputFault("Content-Type", value=kind, wanted=media)
            raise Refusal(415, fault)
        if not self._service.begun:
            fault = InputFault("node", value="waiting for its clock", wanted="an advance")
            raise Refusal(503, fault)
