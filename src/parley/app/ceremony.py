"""The key ceremony: what is drawn, printed, read out and signed when people meet over keys.

Everything returned here is public; private keys stay in their files (`keyfile`). A page shows every
public key of one party, and one number over all of them: two people who read the same number to
each other have the same keys, whatever happened to the file on its way.
"""

from __future__ import annotations

import hashlib
import html
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from parley.app.clock import wall_clock
from parley.app.config import NodeConfig, read_bytes, read_config, read_text
from parley.app.enrolment import PeerConfig, RootConfig, peer_keys, root_keys
from parley.app.keyfile import add_keys, key_name_of, make_key, read_key, read_keys
from parley.app.setup import grouped, peer_table, root_table
from parley.node.identity import Keys, PeerKeys
from parley.trust.keys import VerifierKey, parse_vkey
from parley.trust.note import parse_unverified_note
from parley.trust.statements import (
    Enrolment,
    Statement,
    combine_statements,
    operator_key_name,
    parse_statement,
    sign_act,
    sign_enrolment,
    sign_statement,
    verify_statement,
)
from parley.world.agreement import check_name
from parley.world.faults import Fault, InputFault, PeerFault
from parley.world.time import MICROSECONDS_PER_SECOND, format_instant, parse_instant_us

ROOT_KEYS_MAX = 16
"""As many as a note may bear signatures."""
_SIGNATURE_LINES = 4
_PAGE_DOMAIN = "parley/key-page/v1"
_STATEMENT_BYTES_MAX = 65_536


# ---- making keys --------------------------------------------------------------------------------


def make_root(folder: Path, party: str, count: int, threshold: int) -> str:
    """Return the tables to paste, after drawing the keys of an offline root, one file each.

    Args:
        folder: where the files are made; never in a node's folder.
        party: whose root.
        count: how many keys.
        threshold: how many of them decide together.

    Raises:
        InputFault: numbers that make no root, a node's folder, or files that are there already.
    """
    check_name(party, "--party")
    if not 1 <= count <= ROOT_KEYS_MAX:
        raise InputFault("--count", value=count, wanted=f"1 to {ROOT_KEYS_MAX}")
    if not 1 <= threshold <= count:
        raise InputFault("--threshold", value=threshold, wanted=f"1 to {count}")
    for place in (folder, *folder.resolve().parents):
        shown = [name for name in ("node.toml", "log.key") if (place / name).exists()]
        if shown:
            raise InputFault(
                f"{folder}",
                value=f"under a node's folder ({place} holds {shown[0]})",
                wanted="another place",
                repair="the root is for the day when the node's disk is in other hands",
            )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputFault(f"{folder}", value=error.strerror, wanted="a writable folder") from None
    if any(folder.glob("root-*.key")):
        raise InputFault(f"{folder}", value="a root already", wanted="a new folder")
    keys = []
    for number in range(1, count + 1):
        path = folder / f"root-{number}.key"
        make_key(path, party, f"root-{number}")
        keys.append(read_key(path)[2].verifier)
    peers = peer_root_lines(keys, threshold)
    return f"{root_table(keys, threshold)}\n# In each peer's [[peer]] table of {party}:\n{peers}"


def peer_root_lines(keys: Sequence[VerifierKey], threshold: int) -> str:
    """Return the lines about a root that stand in the peers' tables."""
    quoted = ", ".join(f'"{key.vkey}"' for key in keys)
    return f"root_threshold = {threshold}\nroots = [{quoted}]\n"


def add_missing(folder: Path) -> tuple[list[str], str]:
    """Return which key files were added to a node's folder, and its `[[peer]]` table as it now is.

    Args:
        folder: of the node, or of its keys.

    Raises:
        InputFault: no such folder, or a file cannot be made.
    """
    file = folder / "node.toml"
    config = read_config(file) if file.exists() else None
    keys_folder = folder / config.keys if config is not None else folder
    party, added = add_keys(keys_folder)
    address, threshold = "host:port", 0
    roots: tuple[VerifierKey, ...] = ()
    if config is not None:
        address = f"{config.listen.host}:{config.listen.port}"
        root = config.root or RootConfig(threshold=0, keys=())
        roots = root_keys(f"{file} root", party, root.keys, root.threshold)
        threshold = root.threshold
    return added, peer_table(party, address, read_keys(keys_folder, party), roots, threshold)


def make_operator(path: Path, party: str, operator: str) -> VerifierKey:
    """Return the public key of a person, after drawing it into a file of that person's own.

    Raises:
        InputFault: a bad name, or a file that is there already.
    """
    check_name(party, "--party")
    check_name(operator, "--operator")
    make_key(path, party, f"operator/{operator}")
    return read_key(path)[2].verifier


def enrol_operator(path: Path, posts: tuple[str, ...], until_us: int | None) -> str:
    """Return the enrolment of a person, signed with that person's key, as JSON.

    Raises:
        InputFault: not an operator's key file, or posts that cannot be.
    """
    party, job, key = read_key(path)
    operator = job.partition("/")[2]
    if key.name != operator_key_name(party, operator):
        raise InputFault(f"key file {path}", value=f"for {job}", wanted="an operator's key")
    enrolment = Enrolment(
        party=party, operator=operator, key=key.verifier.vkey, posts=posts, until_us=until_us
    )
    found = {
        "operator": operator,
        "key": enrolment.key,
        "posts": enrolment.posts,
        "until_us": until_us,
        "possession": sign_enrolment(key, enrolment),
    }
    return msgspec.json.encode(found).decode()


def sign_entry(path: Path, origin: str, index: int, leaf: str) -> str:
    """Return a person's signature (hexadecimal) over an entry.

    Raises:
        InputFault: not an operator's key file, or no place in a log.
    """
    _, job, key = read_key(path)
    if key.role != "operator":
        raise InputFault(f"key file {path}", value=f"for {job}", wanted="an operator's key")
    return sign_act(key, origin, index, leaf)


# ---- the page -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key of a page: its job, its text, its short id and what is read out of it."""

    job: str
    text: str
    key_id: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class KeyPage:
    """Every public key of a party, as one node holds them.

    Attributes:
        party: whose keys.
        seen_by: whose node says so.
        lines: the keys, one per job, then the roots.
        threshold: how many of the roots decide together; 0 without a root.
    """

    party: str
    seen_by: str
    lines: tuple[KeyLine, ...]
    threshold: int

    @property
    def number(self) -> str:
        """SHA-256 over all keys of the page, in sixteen groups of four, to be read out whole."""
        text = [_PAGE_DOMAIN, f"party {self.party}"]
        text += [f"{line.job} {line.text}" for line in self.lines]
        text.append(f"threshold {self.threshold}")
        digest = hashlib.sha256("".join(f"{line}\n" for line in text).encode()).hexdigest()
        return " ".join(digest[at : at + 4] for at in range(0, 64, 4))


def key_page(folder: Path, peer: str | None) -> KeyPage:
    """Return the page of a node's own party, or of a peer as this node has enrolled it.

    Args:
        folder: of the node, or its TOML file.
        peer: the party of the peer; None for the own one.

    Raises:
        InputFault: no node, no such peer, or keys that do not hold.
    """
    file = folder / "node.toml" if folder.is_dir() else folder
    config = read_config(file)
    if peer is None:
        return _own_page(file, config)
    found = next((each for each in config.peer if each.party == peer), None)
    if found is None:
        known = ", ".join(each.party for each in config.peer) or "none"
        raise InputFault("--peer", value=peer, wanted=f"a peer of {file}: {known}")
    return _peer_page(file, config.party, found)


def _own_page(file: Path, config: NodeConfig) -> KeyPage:
    keys = read_keys(file.parent / config.keys, config.party)
    root = config.root or RootConfig(threshold=0, keys=())
    roots = root_keys(f"{file} root", config.party, root.keys, root.threshold)
    return _page(config.party, config.party, _public(keys, roots, root.threshold))


def _public(keys: Keys, roots: tuple[VerifierKey, ...], threshold: int) -> PeerKeys:
    """Return what peers know of our keys."""
    return PeerKeys(
        log=keys.log.verifier,
        mirror=keys.mirror.verifier,
        link=keys.link.verifier,
        witness=keys.witness.verifier,
        seal=keys.seal.digest,
        next=keys.next_sha256,
        roots=roots,
        root_threshold=threshold,
    )


def _peer_page(file: Path, own_party: str, peer: PeerConfig) -> KeyPage:
    return _page(peer.party, own_party, peer_keys(f"{file} peer {peer.party}", peer))


def _page(party: str, seen_by: str, keys: PeerKeys) -> KeyPage:
    lines = _signing_lines(log=keys.log, mirror=keys.mirror, link=keys.link, witness=keys.witness)
    for job, digest in (("seal", keys.seal), ("next log", keys.next)):
        if digest is not None:
            lines.append(KeyLine(job=job, text=digest, key_id="", fingerprint=grouped(digest)))
    # By name: the order in a file is nobody's statement.
    roots = sorted(keys.roots, key=lambda key: key.name)
    lines += [_key_line(key.name.removeprefix(key_name_of(party, "")), key) for key in roots]
    return KeyPage(party=party, seen_by=seen_by, lines=tuple(lines), threshold=keys.root_threshold)


def _signing_lines(**keys: VerifierKey | None) -> list[KeyLine]:
    return [_key_line(job, key) for job, key in keys.items() if key is not None]


def _key_line(job: str, key: VerifierKey) -> KeyLine:
    return KeyLine(job=job, text=key.vkey, key_id=key.key_id.hex(), fingerprint=key.fingerprint)


def _number_lines(page: KeyPage) -> list[str]:
    """Return the number of the page in two lines of eight groups."""
    groups = page.number.split(" ")
    return [" ".join(groups[:8]), " ".join(groups[8:])]


def _heading(page: KeyPage) -> str:
    own = page.party == page.seen_by
    return f"Keys of {page.party}" + ("" if own else f" as enrolled at {page.seen_by}")


def _root_words(page: KeyPage) -> str:
    count = sum(line.job.startswith("root-") for line in page.lines)
    if not count:
        return "No offline root: a stolen key can be distrusted by each peer, not revoked for all."
    return f"{page.threshold} of the {count} root keys together revoke or appoint a key."


_READ_OUT = (
    "One side reads the number out, the other follows on its own page: all sixteen groups the same "
    "means all keys below are the same. Call back on a number you already had."
)
_PRESENT = "Present (name or pseudonym, post, signature):"
_WHEN = "Date, time, place:"


def page_text(page: KeyPage, present: Sequence[str] = ()) -> str:
    """Return the page as plain text for a printer."""
    lines = [_heading(page), "", "Number of this page:", ""]
    lines += [f"    {line}" for line in _number_lines(page)]
    lines += ["", *_wrapped(_READ_OUT), ""]
    for line in page.lines:
        key_id = f"  key id {line.key_id}" if line.key_id else ""
        lines += [f"{line.job:10} {line.fingerprint}{key_id}", f"    {line.text}", ""]
    lines += [_root_words(page), "", f"{_WHEN} {'_' * 50}", "", _PRESENT, ""]
    lines += [f"    {name:30} {'_' * 40}\n" for name in (*present, *_blank(present))]
    return "\n".join(lines).rstrip("\n") + "\n"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 90)


def _blank(present: Sequence[str]) -> list[str]:
    """Return as many empty names as it takes to fill the signature lines."""
    return ["_" * 30] * max(0, _SIGNATURE_LINES - len(present))


_STYLE = (
    "body{font:11pt/1.4 sans-serif;max-width:60em;margin:2em auto;color:#000;background:#fff}"
    "code{font-family:monospace;overflow-wrap:anywhere}.number{font-size:16pt;line-height:1.7}"
    "table{border-collapse:collapse;width:100%}td,th{border:1px solid #000;padding:.3em;"
    "text-align:left;vertical-align:top}.sign td{height:2.4em}"
)


def page_html(page: KeyPage, present: Sequence[str] = ()) -> str:
    """Return the page as one HTML document that asks for nothing else."""
    rows = "".join(
        f"<tr><th scope=row>{html.escape(line.job)}<td><code>{html.escape(line.fingerprint)}"
        f"</code><br><code>{html.escape(line.text)}</code></tr>"
        for line in page.lines
    )
    people = "".join(
        f"<tr><td>{html.escape(name)}<td><td></tr>"
        for name in (*present, *[""] * len(_blank(present)))
    )
    title, number = html.escape(_heading(page)), "<br>".join(_number_lines(page))
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>"
        f"<style>{_STYLE}</style><h1>{title}</h1><p>Number of this page:"
        f"<p class=number><code>{number}</code><p>{html.escape(_READ_OUT)}"
        f"<table><tr><th scope=col>job<th scope=col>fingerprint, key</tr>{rows}</table>"
        f"<p>{html.escape(_root_words(page))}<p>{_WHEN} {'_' * 50}"
        f"<h2>Present</h2><table class=sign><tr><th scope=col>name or pseudonym"
        f"<th scope=col>post<th scope=col>signature</tr>{people}</table>\n"
    )


def checked_names(names: Iterable[str]) -> list[str]:
    """Return names of people as they may stand on a page.

    Raises:
        InputFault: one is empty, long or unprintable.
    """
    found = list(names)
    for name in found:
        if not 0 < len(name) <= 60 or not name.isprintable():
            raise InputFault("--present", value=name, wanted="1 to 60 printable characters")
    return found


# ---- checking keys ------------------------------------------------------------------------------


def check_lines(texts: Iterable[str]) -> tuple[list[str], bool]:
    """Return a line for each key text, and whether all of them can be believed to be keys."""
    lines, good = [], True
    for text in texts:
        try:
            key = parse_vkey(text)
        except Fault as fault:
            good = False
            lines.append(f"refused: {fault}")
        else:
            kind = "signs" if key.algorithm == 1 else "cosigns"
            lines.append(
                f"{key.name}: {kind}, key id {key.key_id.hex()}, fingerprint {key.fingerprint}"
            )
    return lines, good


# ---- root statements ----------------------------------------------------------------------------


def new_statement(words: Mapping[str, str], at: str) -> Statement:
    """Return a statement from what somebody typed; from now on, if no time is given.

    Raises:
        InputFault: something that cannot be stated.
    """
    at_us = (
        parse_instant_us(at, "--at")
        if at
        else wall_clock() // MICROSECONDS_PER_SECOND * MICROSECONDS_PER_SECOND
    )
    try:
        return msgspec.convert({**words, "at_us": at_us}, Statement)
    except msgspec.ValidationError as error:
        raise InputFault(
            "statement", value=str(error), wanted="an --action and a --role as --help has them"
        ) from None


def read_statement(path: Path) -> Statement:
    """Return the statement of a file, unsigned.

    Raises:
        InputFault: it cannot be read, or says something else.
    """
    text = read_text(path, "statement")
    try:
        return parse_statement(text)
    except Fault as fault:
        raise InputFault(
            f"{path}: {fault.what}", value=fault.value, wanted=fault.wanted, repair=fault.repair
        ) from None


def statement_words(statement: Statement) -> list[str]:
    """Return a statement in words, for who is about to sign it."""
    does = {
        "revoke": "counts no more, for good, from",
        "appoint": "takes that place (no node acts on that by itself) from",
        "takeover": "is of a second node, which alone writes (no node acts on that by itself) from",
    }[statement.action]
    return [
        f"{statement.party}: the {statement.role} key",
        f"  {statement.key}",
        f"  {_fingerprint(statement)}",
        f"{does} {format_instant(statement.at_us)}.",
        f"Reason: {statement.reason}",
    ]


def _fingerprint(statement: Statement) -> str:
    if statement.role == "seal":
        return f"fingerprint {grouped(statement.key)}"
    return f"fingerprint {parse_vkey(statement.key).fingerprint}"


def sign_with(path: Path, statement: Statement) -> bytes:
    """Return the note of a statement, signed with a root key's file.

    Raises:
        InputFault: not a root key, or one of another party.
    """
    _, job, key = read_key(path)
    if key.role != "root":
        raise InputFault(f"key file {path}", value=f"for {job}", wanted="a root key")
    return sign_statement(key, statement)


def combined(paths: Sequence[Path]) -> bytes:
    """Return one note of all the notes in files.

    Raises:
        InputFault: a file cannot be read or is no note, or they say different things.
    """
    notes = [read_bytes(path, "statement", _STATEMENT_BYTES_MAX) for path in paths]
    for path, note in zip(paths, notes, strict=True):
        try:
            parse_statement(parse_unverified_note(note).text)
        except PeerFault as fault:
            raise InputFault(
                f"{path}: {fault.what}", value=fault.value, wanted=fault.wanted
            ) from None
    return combine_statements(notes)


def checked_statement(path: Path, roots: Sequence[str], threshold: int) -> Statement:
    """Return the statement of a note that enough of the given root keys signed.

    Raises:
        InputFault: a key given is none.
        PeerFault: too few signed it, or it is no statement.
    """
    keys = [parse_vkey(text) for text in roots]
    return verify_statement(read_bytes(path, "statement", _STATEMENT_BYTES_MAX), keys, threshold)
