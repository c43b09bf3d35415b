"""Whose keys a node believes: peers, its own offline root, outside witnesses, as its file has them.

Every key is read as C2SP text, its point is checked, and its name and algorithm must be those of
its owner and its one job; no key may stand for two. What is missing is named in one line, with who
can give it. No file is opened here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from parley.app.keyfile import key_name_of, role_of
from parley.node.identity import Keys, PeerKeys
from parley.node.versions import rules_of
from parley.trust.keys import (
    ALGORITHM_COSIGNATURE,
    Role,
    VerifierKey,
    algorithm_of,
    parse_vkey,
)
from parley.trust.seal import check_seal_digest
from parley.world.agreement import Agreement, check_name, refuse_twice
from parley.world.faults import Fault, InputFault, nearest

_URL_CHARACTERS_MAX = 500
_COPY = "copy it from what its parley node init printed"


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class PeerConfig(_Table, frozen=True, kw_only=True):
    """A peer: its party, where to call it, and its keys, as its own node printed them.

    `witness` and `seal` may be missing only where every agreement shared with it pins version 1 of
    the rules, which seals nothing. `seal`: digest of its seal key. `next`: digest of its next log
    key. `roots`: its offline root keys, of which `root_threshold` together revoke its keys.
    """

    party: str
    log: str
    mirror: str
    link: str
    witness: str | None = None
    seal: str | None = None
    next: str | None = None
    roots: tuple[str, ...] = ()
    root_threshold: int = 0
    address: str | None = None


class RootConfig(_Table, frozen=True, kw_only=True):
    """This party's own offline root: its public keys, and how many of them decide together."""

    threshold: int
    keys: tuple[str, ...]


class WitnessConfig(_Table, frozen=True, kw_only=True):
    """An outside C2SP witness that is asked to cosign our heads."""

    name: str
    url: str
    vkey: str


@dataclass(frozen=True, slots=True)
class OutsideWitness:
    """An outside witness whose address and key hold."""

    name: str
    url: str
    key: VerifierKey


def enrolled_peer(
    what: str, own_party: str, peer: PeerConfig, agreements: Mapping[str, Agreement]
) -> PeerKeys:
    """Return a peer's keys after checking that they are its own, each for its one job.

    Args:
        what: the peer's table, as its owner knows it.
        own_party: whose file it is.
        peer: the table.
        agreements: those that the node has adopted, by id.

    Raises:
        InputFault: a wrong party or key, or a key that an agreement needs is missing.
    """
    check_name(peer.party, f"{what} party")
    what = f"{what} {peer.party}"
    if peer.party == own_party:
        raise InputFault(what, value="this node's own party", wanted="another party")
    known = sorted({party.id for each in agreements.values() for party in each.parties})
    if peer.party not in known:
        close = nearest(peer.party, known)
        raise InputFault(
            what,
            value="a party of no agreement here",
            wanted=f"one of {', '.join(known) or 'none: name an agreement first'}",
            repair=f"did you mean {close!r}?" if close else "",
        )
    _refuse_missing(what, peer, agreements)
    return peer_keys(what, peer)


def _refuse_missing(what: str, peer: PeerConfig, agreements: Mapping[str, Agreement]) -> None:
    """Refuse a peer without the keys that an agreement shared with it cannot do without."""
    missing = [name for name, value in _later_keys(peer) if not value]
    needing = sorted(
        agreement.id
        for agreement in agreements.values()
        if rules_of(agreement.rules_version).sealed
        and peer.party in {party.id for party in agreement.parties}
    )
    if missing and needing:
        raise InputFault(
            f"{what} table",
            value=f"without {' and '.join(missing)}",
            wanted=f"witness and seal for agreement {needing[0]}",
            repair=f"paste what {peer.party}'s parley key add prints",
        )


def _later_keys(peer: PeerConfig) -> tuple[tuple[str, str | None], ...]:
    return (("witness", peer.witness), ("seal", peer.seal))


def peer_keys(what: str, peer: PeerConfig) -> PeerKeys:
    """Return the keys of a peer's table, whatever agreements there are.

    Raises:
        InputFault: one is wrong, or not that party's key for that job.
    """
    for name, digest in (("seal", peer.seal), ("next", peer.next)):
        if digest is not None:
            check_seal_digest(digest, f"{what} {name}")
    return PeerKeys(
        log=_key(what, peer.party, "log", peer.log),
        mirror=_key(what, peer.party, "mirror", peer.mirror),
        link=_key(what, peer.party, "link", peer.link),
        witness=_key(what, peer.party, "witness", peer.witness) if peer.witness else None,
        seal=peer.seal,
        next=peer.next,
        roots=root_keys(f"{what} root", peer.party, peer.roots, peer.root_threshold),
        root_threshold=peer.root_threshold,
    )


def missing_lines(what: str, peers: Iterable[PeerConfig], root: RootConfig | None) -> list[str]:
    """Return one line for each thing that is missing though the node can run without it."""
    lines = []
    if root is None:
        lines.append(
            f"{what} has no [root]: a stolen key of this party can be distrusted by each peer, "
            "not revoked for all; parley key make-root makes one"
        )
    for peer in peers:
        place = f"{what} peer {peer.party}"
        lines += [
            f"{place} has no {name}: {peer.party}'s parley key add prints it"
            for name, value in _later_keys(peer)
            if not value
        ]
        if not peer.next:
            lines.append(f"{place} has no next: a rotation of its log key will not be believed")
        if not peer.roots:
            lines.append(f"{place} has no roots: no revocation by its root will be believed")
    return lines


def root_keys(
    what: str, party: str, texts: tuple[str, ...], threshold: int
) -> tuple[VerifierKey, ...]:
    """Return the root keys of a party; none, with a threshold of 0, is no root.

    Raises:
        InputFault: a wrong key, one given twice, or a threshold that they cannot reach.
    """
    keys = tuple(_root_key(f"{what} key {place}", party, text) for place, text in _counted(texts))
    refuse_twice((key.name for key in keys), f"{what} keys")
    refuse_twice((key.public.hex() for key in keys), f"{what} keys")
    if not (1 <= threshold <= len(keys) or threshold == len(keys) == 0):
        wanted = f"1 to {len(keys)}" if keys else "0 without root keys"
        raise InputFault(f"{what} threshold", value=threshold, wanted=wanted)
    return keys


def _counted(texts: tuple[str, ...]) -> Iterable[tuple[int, str]]:
    return enumerate(texts, 1)


def _root_key(what: str, party: str, text: str) -> VerifierKey:
    key = _parsed(what, text, "copy it from what parley key make-root printed")
    job = key.name.removeprefix(key_name_of(party, ""))
    if role_of(job) != "root" or key.name != key_name_of(party, job):
        wanted = f"the key named {key_name_of(party, 'root-1')}, or another number"
        raise InputFault(what, value=key.name, wanted=wanted)
    return _for_role(what, key, "root")


def outside_witnesses(what: str, tables: Iterable[WitnessConfig]) -> tuple[OutsideWitness, ...]:
    """Return the outside witnesses, each with an address and a key that can be one's.

    Raises:
        InputFault: a name given twice, an address that is none, a key that does not cosign.
    """
    found = [_outside_witness(f"{what} witness", table) for table in tables]
    refuse_twice((each.name for each in found), f"{what} witness")
    refuse_twice((each.key.public.hex() for each in found), f"{what} witness key")
    return tuple(found)


def _outside_witness(what: str, table: WitnessConfig) -> OutsideWitness:
    check_name(table.name, f"{what} name")
    what = f"{what} {table.name}"
    url = table.url.rstrip("/")
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or len(url) > _URL_CHARACTERS_MAX or not url.isascii() or not url.isprintable():
        wanted = "http:// or https://, host and path"
        raise InputFault(f"{what} url", value=table.url, wanted=wanted)
    if any(letter in url for letter in " ?#@"):
        raise InputFault(f"{what} url", value=table.url, wanted="no name, query or fragment")
    key = _parsed(f"{what} vkey", table.vkey, "copy it from where the witness publishes it")
    if key.algorithm != ALGORITHM_COSIGNATURE:
        wanted = f"a key that cosigns (algorithm {ALGORITHM_COSIGNATURE})"
        raise InputFault(f"{what} vkey", value=f"algorithm {key.algorithm}", wanted=wanted)
    return OutsideWitness(name=table.name, url=url, key=key)


def refuse_two_jobs(
    what: str, party: str, own: Keys, peers: Mapping[str, PeerKeys], roots: Iterable[VerifierKey]
) -> None:
    """Return nothing if no key stands for two parties or two jobs.

    A peer that enrols our key as its own could hand our signatures on as its own.

    Raises:
        InputFault: one does.
    """
    held: dict[bytes, str] = {}
    ours = [own.log, own.mirror, own.link, own.witness]
    keys = [*(key.verifier for key in ours), *roots]
    for each in peers.values():
        keys += _held(each.log, each.mirror, each.link, each.witness, *each.roots)
    seals = {own.seal.digest: party}
    for key in keys:
        other = held.setdefault(key.public, key.name)
        if other != key.name:
            raise InputFault(f"{what} key {key.name}", value=f"that of {other}", wanted="its own")
    for name, each in peers.items():
        whose = seals.setdefault(each.seal or name, name)
        if whose != name:
            raise InputFault(f"{what} peer {name} seal", value=f"that of {whose}", wanted="its own")


def _held(*keys: VerifierKey | None) -> list[VerifierKey]:
    return [key for key in keys if key is not None]


def _key(what: str, party: str, role: Role, text: str) -> VerifierKey:
    what = f"{what} {role} key"
    key = _parsed(what, text, _COPY)
    wanted = key_name_of(party, role)
    if key.name != wanted:
        raise InputFault(what, value=key.name, wanted=f"the key named {wanted}")
    return _for_role(what, key, role)


def _for_role(what: str, key: VerifierKey, role: Role) -> VerifierKey:
    if key.algorithm != algorithm_of(role):
        wanted = f"algorithm {algorithm_of(role)}, as a {role} signs"
        raise InputFault(what, value=f"algorithm {key.algorithm}", wanted=wanted)
    return key


def _parsed(what: str, text: str, repair: str) -> VerifierKey:
    try:
        return parse_vkey(text)
    except Fault as fault:
        raise InputFault(
            f"{what}: {fault.what}",
            value=fault.value,
            wanted=fault.wanted,
            repair=fault.repair or repair,
        ) from None
