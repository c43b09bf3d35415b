"""What a person signs: the very bytes of an entry that were shown, at the place they stand.

Rules: the node is not believed. Its leaf hash is computed again from the bytes it shows, a sealed
payload is held against the commitment in those bytes, and what cannot be seen is not signed. The
person's key stays in the person's own file; only the signature goes to the node.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from parley.app.act_views import EntryView
from parley.app.ceremony import sign_entry
from parley.app.client import Client
from parley.app.keyfile import read_key
from parley.node.encoding import decode_entry
from parley.node.entries import Entry, log_name
from parley.trust.seal import make_opening, verify_commitment
from parley.trust.tree import leaf_hash
from parley.world.faults import Fault, InputFault


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as a person saw it: place, exact text, payload where it is sealed, own leaf hash."""

    origin: str
    index: int
    text: str
    payload: str | None
    leaf: str

    @property
    def lines(self) -> tuple[str, ...]:
        """What is put before the person."""
        sealed = (f"payload: {self.payload}",) if self.payload is not None else ()
        where = f"you sign entry {self.index} of {self.origin}"
        return (where, f"entry: {self.text}", *sealed, f"leaf hash: {self.leaf}")


def operator_of(file: Path) -> str:
    """Return the pseudonym of a person's key file.

    Raises:
        InputFault: not an operator's key file.
    """
    _, job, key = read_key(file)
    if key.role != "operator":
        raise InputFault(f"key file {file}", value=f"for {job}", wanted="an operator's key")
    return job.partition("/")[2]


def shown_entry(client: Client, origin: str, index: int) -> Shown:
    """Return an entry as the node shows it, checked against itself.

    Raises:
        InputFault: no such entry; bytes of another hash than the node says; a payload that is not
            the one committed to, or that the node does not show.
    """
    path = f"/api/logs/{quote(origin, safe='/')}/entries?start={index}&end={index + 1}"
    found = client.get(path, tuple[EntryView, ...])
    what = f"entry {index} of {origin}"
    if not found:
        raise InputFault(what, value="not there", wanted="an entry that the node holds")
    return checked(origin, index, found[0])


def checked(origin: str, index: int, view: EntryView) -> Shown:
    """Return what a node shows of an entry, if all of it belongs together.

    Raises:
        InputFault: it does not, or the payload is not shown.
    """
    what = f"entry {index} of {origin}"
    data = view.text.encode()
    leaf = leaf_hash(data).hex()
    if leaf != view.leaf:
        wanted = f"{leaf}, the hash of the bytes it shows"
        repair = "sign nothing with this node until this is understood"
        raise InputFault(f"{what} leaf hash", value=view.leaf, wanted=wanted, repair=repair)
    entry = decode_entry(data, log=log_name(origin), index=index)
    if not isinstance(entry, Entry):
        raise InputFault(what, value=entry.why, wanted="an entry that can be read")
    if entry.commit is None:
        return Shown(origin, index, view.text, None, leaf)
    if view.salt is None or view.payload is None:
        repair = "open it first: parley notice open" if view.reading == "guarded" else ""
        wanted = "a payload to be seen before it is signed"
        raise InputFault(what, value=view.reading, wanted=wanted, repair=repair)
    try:
        opening = make_opening(bytes.fromhex(view.salt), view.payload.encode())
        verify_commitment(opening, entry.commit)
    except (Fault, ValueError):
        raise InputFault(
            f"{what} payload",
            value="not the one that the entry commits to",
            wanted="the payload of this entry",
            repair="sign nothing with this node until this is understood",
        ) from None
    return Shown(origin, index, view.text, view.payload, leaf)


def signed_body(shown: Shown, file: Path, post: str) -> dict[str, object]:
    """Return the act that gives a person's signature under what was shown to the node.

    Raises:
        InputFault: not an operator's key file.
    """
    return {
        "ref": [shown.origin, shown.index],
        "post": post,
        "operator": operator_of(file),
        "signature": sign_entry(file, shown.origin, shown.index, shown.leaf),
    }
