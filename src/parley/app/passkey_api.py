"""The operations of the JSON API on passkeys: a person enrols one, and signs an entry by it.

What stands in the log is what `parley key enrol` and `parley sign` write: an Ed25519 operator key,
and a signature by it that anybody can check. The passkey decides whether this node takes it: its
assertion has the very bytes that are signed as its challenge, and is kept beside the log.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parley.app.act_views import Written
from parley.app.config import decode_json
from parley.app.http import Access, Refusal, json_reply
from parley.app.openapi import Operation
from parley.app.passkeys import KeptAssertion, Passkey, Passkeys, salt_of
from parley.app.service import Service
from parley.app.shorttext import short
from parley.app.unit_api import Body
from parley.app.webauthn import (
    Site,
    from_unpadded,
    site_of,
    verify_assertion,
    verify_registration,
)
from parley.node.entries import LogOpened, log_name
from parley.node.inputs import Act, EnrolOperator, SignAct
from parley.node.rules.keyring import operators_of
from parley.node.state import State
from parley.trust.statements import act_message, operator_key_name
from parley.world.agreement import check_name
from parley.world.faults import Fault, InputFault

T = TypeVar("T")


class PasskeyShown(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey that is kept here: whose, which operator key it guards, the name it is for."""

    operator: str
    key: str
    rp_id: str
    id: str
    salt: str
    made_us: int


class PasskeyWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For which person a passkey is to be made."""

    operator: str


class PasskeyBegun(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser needs to make a passkey.

    `challenge`, `salt` (hex): to be signed, and to ask the authenticator's secret function with.
    `rp_id`: the name that it is for. `key_name`: of the operator key. `taken`: ids that this node
    keeps already.
    """

    challenge: str
    salt: str
    rp_id: str
    key_name: str
    taken: tuple[str, ...]


class PasskeyMade(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A passkey that was made, and the enrolment of the operator key that it gives.

    `challenge`: as it was given (hex); `client_data`, `attestation`: base64url.
    """

    challenge: str
    client_data: str
    attestation: str
    enrolment: EnrolOperator


class PasskeySigned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person's signature on an entry, and the passkey's assertion for it.

    `id`: of the passkey (hex); `client_data`, `authenticator_data`, `assertion`: base64url.
    """

    act: SignAct
    id: str
    client_data: str
    authenticator_data: str
    assertion: str


class PersonDone(msgspec.Struct, frozen=True, kw_only=True):
    """The entry that was written, and all that was."""

    key: tuple[str, int] | None
    written: tuple[Written, ...]


def require_passkeys(access: Access) -> Passkeys:
    """Return the passkeys of this node.

    Raises:
        Refusal: it keeps none.
    """
    if access.passkeys is None:
        fault = InputFault("passkeys", value="none kept", wanted="a node with an [http] table")
        raise Refusal(409, fault)
    return access.passkeys


def refuse_without_passkey(act: Act, access: Access, state: State) -> None:
    """Check that a signature by a key that a passkey guards does not come without it.

    Raises:
        InputFault: it does.
    """
    if not isinstance(act, SignAct) or access.passkeys is None:
        return
    if access.passkeys.guarding(_key_of(state, act)):
        raise InputFault(
            "signature",
            value=f"by the key of {act.operator} alone",
            wanted="the passkey that guards it too",
            repair="sign in the console, with that passkey at hand",
        )


def _key_of(state: State, act: SignAct) -> str:
    """Return the operator key that a signature must be by; "" where there is none."""
    try:
        scope = state.scope(log_name(act.ref[0]).agreement)
    except Fault:
        return ""
    found = operators_of(scope, state.party).get(act.operator)
    return found.body.key if found is not None else ""


@dataclass(slots=True)
class PasskeyDoor:
    """What people do with passkeys at one node.

    Args:
        service: the node's.
        access: knows the passkeys.
        acting_body: gives the body of a request that may act.
    """

    service: Service
    access: Access
    acting_body: Body

    async def shown(self, request: Request) -> Response:
        """Answer with the passkeys that are kept."""
        del request
        kept = self.access.passkeys.every if self.access.passkeys is not None else ()
        return json_reply(
            tuple(
                PasskeyShown(
                    operator=each.operator,
                    key=each.key,
                    rp_id=each.rp_id,
                    id=each.id,
                    salt=salt_of(each.key.partition("+")[0]).hex(),
                    made_us=each.made_us,
                )
                for each in kept
            )
        )

    async def begin(self, request: Request) -> Response:
        """Answer with what a browser needs to make a passkey."""
        wanted = _decoded(await self.acting_body(request), PasskeyWanted)
        passkeys = require_passkeys(self.access)
        try:
            check_name(wanted.operator, "operator")
            site = self._site(request)
        except InputFault as fault:
            raise Refusal(422, fault) from None
        name = operator_key_name(self.service.state.party, wanted.operator)
        return json_reply(
            PasskeyBegun(
                challenge=passkeys.challenge().hex(),
                salt=salt_of(name).hex(),
                rp_id=site.rp_id,
                key_name=name,
                taken=tuple(each.id for each in passkeys.every if each.rp_id == site.rp_id),
            )
        )

    async def enrol(self, request: Request) -> Response:
        """Enrol a person's operator key, and keep the passkey that guards it."""
        made = _decoded(await self.acting_body(request), PasskeyMade)
        passkeys = require_passkeys(self.access)
        try:
            challenge = bytes.fromhex(made.challenge)
            passkeys.take(challenge)
            site = self._site(request)
            credential = verify_registration(
                from_unpadded(made.client_data, "client data"),
                from_unpadded(made.attestation, "attestation object"),
                challenge=challenge,
                site=site,
            )
        except (ValueError, InputFault) as fault:
            raise Refusal(422, _as_fault(fault)) from None
        new = Passkey(
            operator=made.enrolment.operator,
            key=made.enrolment.key,
            rp_id=site.rp_id,
            id=credential.id.hex(),
            algorithm=credential.algorithm,
            public=credential.public.hex(),
            count=credential.count,
            made_us=self.service.clock(),
        )
        return await self._enrolled(passkeys, new, made.enrolment)

    async def _enrolled(
        self, passkeys: Passkeys, new: Passkey, enrolment: EnrolOperator
    ) -> Response:
        try:
            # First: a key that was enrolled and is not guarded yet would sign without its passkey.
            passkeys.add(new)
            try:
                return await self._done(enrolment)
            except InputFault:
                passkeys.drop(new.id)
                raise
        except InputFault as fault:
            raise Refusal(409, fault) from None

    async def sign(self, request: Request) -> Response:
        """Write a person's signature, after the passkey has signed the same."""
        given = _decoded(await self.acting_body(request), PasskeySigned)
        passkeys = require_passkeys(self.access)
        state = self.service.state
        try:
            leaf = _leaf(state, given.act.ref)
            key = _key_of(state, given.act)
            passkey = next((p for p in passkeys.guarding(key) if p.id == given.id), None)
            if passkey is None:
                wanted = f"one that guards the key of {given.act.operator} here"
                raise InputFault("passkey", value=given.id[:16], wanted=wanted)
            # Before the entry: one that was written without it could not be told from another's.
            passkeys.note(*self._checked(request, given, passkey, leaf))
            return await self._done(given.act)
        except Fault as fault:
            raise Refusal(409, fault) from None

    def _checked(
        self, request: Request, given: PasskeySigned, passkey: Passkey, leaf: str
    ) -> tuple[KeptAssertion, int]:
        origin, index = given.act.ref
        client_data = from_unpadded(given.client_data, "client data")
        authenticator_data = from_unpadded(given.authenticator_data, "authenticator data")
        signature = from_unpadded(given.assertion, "assertion")
        count = verify_assertion(
            passkey.credential,
            client_data,
            authenticator_data,
            signature,
            challenge=hashlib.sha256(act_message(origin, index, leaf)).digest(),
            site=self._site(request, passkey.rp_id),
        )
        kept = KeptAssertion(
            at_us=self.service.clock(),
            operator=passkey.operator,
            key=passkey.key,
            id=passkey.id,
            log=origin,
            index=index,
            leaf=leaf,
            client_data=client_data.hex(),
            authenticator_data=authenticator_data.hex(),
            signature=signature.hex(),
        )
        return kept, count

    def _site(self, request: Request, rp_id: str = "") -> Site:
        site = site_of(request.headers.get("host", ""), secure=self.access.secure)
        if rp_id and site.rp_id != rp_id:
            repair = f"open the page at {rp_id}: the passkey was made there"
            raise InputFault("passkey name", value=site.rp_id, wanted=rp_id, repair=repair)
        return site

    async def _done(self, act: Act) -> Response:
        turned = await self.service.act(act)
        now_us = self.service.clock()
        own = [e for e in turned.written if e.by == act.post and not isinstance(e.body, LogOpened)]
        written = tuple(short(now_us, entry) for entry in turned.written)
        key = (own[0].log.origin, own[0].seq) if own else None
        return json_reply(PersonDone(key=key, written=written), 201 if own else 200)

    def operations(self) -> list[Operation]:
        """Return the operations."""
        return [
            Operation(
                "GET", "/api/passkeys", "Passkeys by which people sign here.", self.shown,
                tuple[PasskeyShown, ...],
            ),
            Operation(
                "POST", "/api/passkeys/begin", "What a browser needs to make a passkey.",
                self.begin, PasskeyBegun, body=PasskeyWanted,
            ),
            Operation(
                "POST", "/api/passkeys", "A person may sign, by a key that a passkey guards.",
                self.enrol, PersonDone, body=PasskeyMade, status=201,
            ),
            Operation(
                "POST", "/api/passkeys/sign", "A person's signature on an entry, by its passkey.",
                self.sign, PersonDone, body=PasskeySigned, status=201,
            ),
        ]  # fmt: skip


def _leaf(state: State, ref: tuple[str, int]) -> str:
    origin, index = ref
    log = state.log(origin)
    if not 0 <= index < log.tree.size:
        raise InputFault("signed entry", value=f"{origin} {index}", wanted="an entry held here")
    return log.tree.leaf(index).hex()


def _decoded(data: bytes, kind: type[T]) -> T:
    try:
        return decode_json(data, kind, "passkey")
    except InputFault as fault:
        raise Refusal(422, fault) from None


def _as_fault(error: ValueError | InputFault) -> InputFault:
    if isinstance(error, InputFault):
        return error
    return InputFault("passkey challenge", value="not readable", wanted="hexadecimal, as given")
