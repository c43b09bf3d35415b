"""A node's one TOML file: read strictly, refused in one line with the nearest right key.

Paths in it are relative to its folder. What it names (keys, agreements) is read and checked here,
so that a node either starts whole or says what is wrong. No socket and no store is opened here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

from parley.app.addresses import is_loopback, parse_address
from parley.app.agreement_files import is_with_units, read_agreement_file, usable
from parley.app.alarm_config import AlarmConfig, AlarmSetup, alarm_setup, uncalled_posts
from parley.app.clock import wall_clock
from parley.app.enrolment import (
    OutsideWitness,
    PeerConfig,
    RootConfig,
    WitnessConfig,
    enrolled_peer,
    missing_lines,
    outside_witnesses,
    refuse_two_jobs,
    root_keys,
)
from parley.app.keyfile import read_keys
from parley.app.tls import TlsFiles, read_tls
from parley.node.identity import Identity
from parley.node.versions import RULES_LATEST, rules_of
from parley.trust.keys import parse_vkey
from parley.world.agreement import Agreement, check_name, pinned, refuse_twice
from parley.world.agreement_document import canonical_document
from parley.world.faults import InputFault, nearest
from parley.world.phrases import check_language
from parley.world.watch_hours import parse_hours

T = TypeVar("T")
_FILE_BYTES_MAX = 16_777_216
_ASK_MIRRORS_S_MAX = 600.0
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>[^`]*)`(?: - at `(?P<at>[^`]*)`)?")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_TYPED = re.compile(r"(?P<why>.*?)(?: - at `(?P<at>[^`]*)`)?\Z", re.DOTALL)


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class ListenConfig(_Table, frozen=True, kw_only=True):
    """Where peers reach this node; port 0 takes any that is free."""

    host: str = "127.0.0.1"
    port: int = 0


class HttpConfig(_Table, frozen=True, kw_only=True):
    """Where this node serves its page and API, and the file of the token for acts.

    `sign_in`: the page offers its forms only to who has shown the token; without it anybody on this
    machine can act as the post, which is for a demonstration on one's own machine.
    `tls_certificate` and `tls_key`: PEM files; without them nobody but this machine is served.
    `hosts`: the names under which other machines ask.
    """

    host: str = "127.0.0.1"
    port: int = 0
    token: str = "token"  # noqa: S105  the name of a file
    sign_in: bool = True
    tls_certificate: str | None = None
    tls_key: str | None = None
    hosts: tuple[str, ...] = ()

    @property
    def walled(self) -> bool:
        """Whether looking needs a session too: others than this machine can ask."""
        return not is_loopback(self.host) or bool(self.hosts)


class C2spConfig(_Table, frozen=True, kw_only=True):
    """Where the heads and tiles of our logs are served for anybody's tools (C2SP tlog-tiles).

    `entries`: the entries too, not only their hashes. Of private logs only heads are served.
    `hosts`: names under which a proxy asks for us. `others`: verifier keys, named by origin, of
    other people's logs that we witness; `mirror`: a folder to which these may be uploaded too.
    """

    host: str = "127.0.0.1"
    port: int = 0
    entries: bool = False
    logs: tuple[Literal["line", "ops"], ...] = ("line", "ops")
    hosts: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    mirror: str | None = None


class PublishConfig(_Table, frozen=True, kw_only=True):
    """A folder into which heads and tiles are written for a static web server to serve."""

    folder: str


class PictureConfig(_Table, frozen=True, kw_only=True):
    """How much of the picture is recorded beside the store, for looking back; it is no evidence.

    `record`: false: nothing is. `keep_days`, `keep_mb`: the oldest hours go beyond either.
    """

    record: bool = True
    keep_days: Annotated[int, msgspec.Meta(ge=1, le=3_660)] = 30
    keep_mb: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] = 20_000


class NodeConfig(_Table, frozen=True, kw_only=True):
    """The whole file.

    `language`: of the fixed phrases that are shown here (docs/phrases.md); "": the party's first
    language in its agreements. `tracks`: whether feeds report here; false: this node watches no
    aircraft, takes no reports, and compiles nothing.
    """

    party: str
    language: str = ""
    tracks: bool = True
    store: str = "parley.db"
    keys: str = "keys"
    agreements: tuple[str, ...] = ()
    ask_mirrors_s: float = 5.0
    listen: ListenConfig = ListenConfig()
    http: HttpConfig | None = None
    root: RootConfig | None = None
    peer: tuple[PeerConfig, ...] = ()
    witness: tuple[WitnessConfig, ...] = ()
    c2sp: C2spConfig | None = None
    publish: PublishConfig | None = None
    alarm: AlarmConfig | None = None
    picture: PictureConfig = PictureConfig()


@dataclass(frozen=True, slots=True)
class NodeSetup:
    """A configuration that holds: who the node is, and where everything lies.

    Attributes:
        config: the file as read.
        identity: keys, peers and agreements.
        store: path of the SQLite file.
        token: path of the token file, None without HTTP.
        calls: the peers that this node calls, with host and port; the others call it.
        keys: the folder of the keys and of the count of starts.
        witnesses: the outside witnesses that are asked, each with its address and key.
        publish: the folder for a static web server, None without one.
        alarm: whom to call when an alarm stands, None if nobody.
        tls: the certificate and key of the page and the API, None without TLS.
        notices: what is missing though the node can run without it, one line each.
    """

    config: NodeConfig
    identity: Identity
    store: Path
    token: Path | None
    calls: dict[str, tuple[str, int]]
    keys: Path
    witnesses: tuple[OutsideWitness, ...] = ()
    publish: Path | None = None
    alarm: AlarmSetup | None = None
    tls: TlsFiles | None = None
    notices: tuple[str, ...] = ()


# ---- strict reading -----------------------------------------------------------------------------


def read_bytes(path: Path, what: str, bytes_max: int = _FILE_BYTES_MAX) -> bytes:
    """Return the bytes of a file.

    Raises:
        InputFault: it cannot be read, or is too long.
    """
    try:
        with path.open("rb") as file:
            data = file.read(bytes_max + 1)
    except OSError as error:
        raise InputFault(f"{what} {path}", value=error.strerror, wanted="a readable file") from None
    if len(data) > bytes_max:
        wanted = f"at most {bytes_max} bytes"
        raise InputFault(f"{what} {path}", value="longer", wanted=wanted)
    return data


def write_bytes(path: Path, data: bytes, what: str) -> None:
    """Write a file, whole or not at all.

    Raises:
        InputFault: it cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise InputFault(
            f"{what} {path}", value=error.strerror, wanted="a writable place"
        ) from None


def read_text(path: Path, what: str) -> str:
    """Return the text of a file.

    Raises:
        InputFault: it cannot be read, is too long, or is not UTF-8.
    """
    data = read_bytes(path, what)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputFault(f"{what} {path}", value=str(error), wanted="UTF-8 text") from None


def shape_fault(what: str, error: Exception, kind: object) -> InputFault:
    """Return the one-line fault of a document that is not of a type, with the nearest right key.

    Args:
        what: the document, as its owner knows it.
        error: what msgspec, or a record's own check, said.
        kind: the type that was wanted.
    """
    if isinstance(error, InputFault):
        name = f"{what}: {error.what}"
        return InputFault(name, value=error.value, wanted=error.wanted, repair=error.repair)
    text = str(error)
    unknown = _UNKNOWN.match(text)
    if unknown is not None:
        place = (unknown["at"] or "$").removeprefix("$").lstrip(".")
        top = _names_of(kind)
        here = _names_of(kind, place)
        if place and unknown["key"] in top:
            return InputFault(
                f"{what} {place} key",
                value=unknown["key"],
                wanted="that key at the top level only",
                repair="in TOML: above the first [table]",
            )
        known = sorted(set(_field_names(kind)))
        close = nearest(unknown["key"], here) or nearest(unknown["key"], known)
        known = sorted(here) or known
        return InputFault(
            f"{what} {place}".rstrip() + " key",
            value=unknown["key"],
            wanted="a known key",
            repair=f"did you mean {close!r}?" if close else f"known: {', '.join(known[:12])}",
        )
    typed = _TYPED.match(text)
    assert typed is not None
    place = (typed["at"] or "$").removeprefix("$").lstrip(".")
    return InputFault(f"{what} {place}".rstrip(), value=typed["why"], wanted="the stated form")


def _names_of(kind: object, place: str = "") -> tuple[str, ...]:
    """Return the keys that a document has at a place such as `listen` or `peer[...]`."""
    info: object = msgspec.inspect.type_info(kind)
    for part in (each.partition("[")[0] for each in place.split(".") if each):
        fields = info.fields if isinstance(info, msgspec.inspect.StructType) else ()
        found = next((field.type for field in fields if field.encode_name == part), None)
        info = _inner(found)
    if isinstance(info, msgspec.inspect.StructType):
        return tuple(field.encode_name for field in info.fields)
    return ()


def _inner(info: object) -> object:
    """Return the table that a field holds: itself, one of many, or one that may be missing."""
    if isinstance(info, msgspec.inspect.VarTupleType | msgspec.inspect.ListType):
        return _inner(info.item_type)
    if isinstance(info, msgspec.inspect.UnionType):
        tables = [t for t in map(_inner, info.types) if isinstance(t, msgspec.inspect.StructType)]
        return tables[0] if len(tables) == 1 else None
    return info


def _field_names(kind: object) -> Iterable[str]:
    """Yield the names of all fields that a type reaches."""
    seen: set[type] = set()
    waiting: list[object] = [msgspec.inspect.type_info(kind)]
    while waiting:
        info = waiting.pop()
        if isinstance(info, msgspec.inspect.StructType) and info.cls not in seen:
            seen.add(info.cls)
            yield from (field.encode_name for field in info.fields)
            waiting.extend(field.type for field in info.fields)
        elif isinstance(info, msgspec.inspect.UnionType):
            waiting.extend(info.types)
        elif isinstance(info, msgspec.inspect.VarTupleType | msgspec.inspect.ListType):
            waiting.append(info.item_type)
        elif isinstance(info, msgspec.inspect.TupleType):
            waiting.extend(info.item_types)


def decode_json(data: bytes, kind: type[T], what: str) -> T:
    """Return the record of a JSON document.

    Raises:
        InputFault: not JSON, an unknown key (the repair names the nearest), a wrong type or value.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, ValueError, InputFault) as error:
        raise shape_fault(what, error, kind) from None
    except RecursionError:
        raise InputFault(what, value="nested too deeply", wanted="a flat document") from None


def read_config(path: Path) -> NodeConfig:
    """Return a node's configuration as it stands in its file, nothing else read.

    Raises:
        InputFault: not TOML, an unknown key (the repair names the nearest), a wrong value.
    """
    text = read_text(path, "configuration")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputFault(f"{path}", value=str(error), wanted="TOML") from None
    try:
        return msgspec.convert(table, NodeConfig)
    except (msgspec.ValidationError, InputFault) as error:
        raise shape_fault(str(path), error, NodeConfig) from None


# ---- checking -----------------------------------------------------------------------------------


def load_node(path: Path) -> NodeSetup:
    """Return the setup of a node from its TOML file, all it names read and checked.

    Raises:
        InputFault: anything that would not work, in one line.
    """
    config = read_config(path)
    folder = path.parent
    check_name(config.party, f"{path} party")
    if config.language:
        check_language(config.language, f"{path} language")
    refuse_twice((peer.party for peer in config.peer), f"{path} peer")
    documents = _documents(path, config)
    agreements = {agreement.id: agreement for _, agreement in documents}
    what = f"{path} peer"
    root = config.root or RootConfig(threshold=0, keys=())
    roots = root_keys(f"{path} root", config.party, root.keys, root.threshold)
    identity = Identity(
        party=config.party,
        keys=read_keys(folder / config.keys, config.party),
        peers={
            peer.party: enrolled_peer(what, config.party, peer, agreements) for peer in config.peer
        },
        agreements=agreements,
        documents={agreement.id: text for text, agreement in documents},
        roots=(roots, root.threshold),
    )
    _check_ports(path, config)
    tls = _tls_of(path, config.http)
    _check_publish(path, config)
    alarm = alarm_setup(f"{path}", folder, config.alarm, config.party, agreements)
    refuse_two_jobs(f"{path}", config.party, identity.keys, identity.peers, roots)
    return NodeSetup(
        config=config,
        identity=identity,
        store=folder / config.store,
        token=folder / config.http.token if config.http is not None else None,
        calls=_calls(path, config),
        keys=folder / config.keys,
        witnesses=outside_witnesses(f"{path}", config.witness),
        publish=folder / config.publish.folder if config.publish is not None else None,
        alarm=alarm,
        tls=tls,
        notices=(
            *(tls.flaws(config.http.hosts, wall_clock()) if tls and config.http else ()),
            *missing_lines(f"{path}", config.peer, config.root),
            *_older_rules(agreements.values()),
            *uncalled_posts(alarm, config.party, agreements),
        ),
    )


def _documents(path: Path, config: NodeConfig) -> list[tuple[str, Agreement]]:
    """Return the agreements with their exact texts; each one names this party, each id once."""
    found = []
    for name in config.agreements:
        file = path.parent / name
        text, agreement = _document(file)
        _check_rules(file, agreement)
        parties = sorted(party.id for party in agreement.parties)
        if config.party not in parties:
            raise InputFault(
                f"{path} party",
                value=config.party,
                wanted=f"a party of agreement {agreement.id}: {', '.join(parties)}",
                repair=_meant(config.party, parties),
            )
        found.append((text, agreement))
    refuse_twice((agreement.id for _, agreement in found), f"{path} agreement")
    return found


def _document(file: Path) -> tuple[str, Agreement]:
    """Return the text that is adopted of an agreement's file, and the agreement.

    Of a document with units it is the canonical one; a JSON file is adopted as it stands.
    """
    text = read_text(file, "agreement")
    if is_with_units(file, text.encode()):
        agreement = usable(read_agreement_file(file), f"{file}")
        return canonical_document(agreement), agreement
    return text, pinned(decode_json(text.encode(), Agreement, f"agreement {file}"), text)


def _older_rules(agreements: Iterable[Agreement]) -> list[str]:
    """Return one line for each agreement that is read by older rules than this release knows."""
    return [
        f"agreement {each.id} is read by rules version {each.rules_version}: no calls, no relays, "
        f"no alarms, no tests by people; a new document says rules_version {RULES_LATEST}"
        for each in agreements
        if each.rules_version < RULES_LATEST
    ]


def _check_rules(file: Path, agreement: Agreement) -> None:
    try:
        rules_of(agreement.rules_version)
    except InputFault as fault:
        what = f"agreement {file} rules_version"
        raise InputFault(
            what, value=fault.value, wanted=fault.wanted, repair=fault.repair
        ) from None
    for line in agreement.lines if agreement.rules_version > 2 else ():
        parse_hours(line.hours, f"agreement {file} line {line.id} hours")


def _meant(word: str, known: list[str]) -> str:
    close = nearest(word, known)
    return f"did you mean {close!r}?" if close else ""


def _check_ports(path: Path, config: NodeConfig) -> None:
    places = (("listen", config.listen), ("http", config.http), ("c2sp", config.c2sp))
    for name, place in places:
        if place is not None and not 0 <= place.port <= 65_535:
            raise InputFault(f"{path} {name} port", value=place.port, wanted="0 to 65535")


def _tls_of(path: Path, http: HttpConfig | None) -> TlsFiles | None:
    """Return the certificate of the page and API; None: this machine alone is served, without."""
    if http is None:
        return None
    if http.tls_certificate is None or http.tls_key is None:
        if not http.walled and http.tls_certificate is None and http.tls_key is None:
            return None
        which = "hosts" if is_loopback(http.host) else "host"
        value = ", ".join(http.hosts) if which == "hosts" else http.host
        raise InputFault(
            f"{path} http {which if http.walled else 'tls'}",
            value=f"{value} without both tls_certificate and tls_key",
            wanted="TLS for other machines, or a loopback address (127.0.0.1 or ::1) alone",
            repair="docs/node.md says how such files are made",
        )
    if http.walled and not http.sign_in:
        raise InputFault(
            f"{path} http sign_in",
            value="false on an address that other machines reach",
            wanted="true: else whoever reaches it acts as this party",
        )
    for name in http.hosts:
        if not _HOST.fullmatch(name):
            wanted = "a name or address, with :port where it differs"
            raise InputFault(f"{path} http hosts", value=name, wanted=wanted)
    folder = path.parent
    return read_tls(f"{path} http", folder / http.tls_certificate, folder / http.tls_key)


def _check_publish(path: Path, config: NodeConfig) -> None:
    """Refuse waits and folders that would hurt: a published folder is for anybody to read."""
    if not 0 <= config.ask_mirrors_s <= _ASK_MIRRORS_S_MAX:
        wanted = f"0 to {_ASK_MIRRORS_S_MAX:g} s"
        raise InputFault(f"{path} ask_mirrors_s", value=config.ask_mirrors_s, wanted=wanted)
    if config.c2sp is not None:
        refuse_twice(config.c2sp.logs, f"{path} c2sp logs")
        refuse_twice(config.c2sp.others, f"{path} c2sp others")
        for vkey in config.c2sp.others:
            parse_vkey(vkey)
    if config.publish is None:
        return
    folder = (path.parent / config.publish.folder).resolve()
    private = [path, path.parent / config.keys, path.parent / config.store]
    if config.http is not None:
        private.append(path.parent / config.http.token)
        private += [path.parent / config.http.tls_key] if config.http.tls_key else []
    if config.c2sp is not None and config.c2sp.mirror is not None:
        private.append(path.parent / config.c2sp.mirror)
    for each in private:
        if each.resolve().is_relative_to(folder):
            raise InputFault(
                f"{path} publish folder",
                value=config.publish.folder,
                wanted="a folder of its own",
                repair=f"{each.name} lies in it, and it is for anybody to read",
            )


def _calls(path: Path, config: NodeConfig) -> dict[str, tuple[str, int]]:
    """Return whom this node calls: of two parties the one with the smaller id calls the other."""
    found = {}
    for peer in config.peer:
        what = f"{path} peer {peer.party} address"
        if peer.address is not None:
            address = parse_address(peer.address, what)
            if peer.party > config.party:
                found[peer.party] = address
        elif peer.party > config.party:
            raise InputFault(
                what, value="missing", wanted="host:port", repair=f"{config.party} calls this peer"
            )
    return found
