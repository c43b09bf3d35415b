"""Evidence packs, good and bad, made from fixed seeds: the same bytes on every machine.

`python -m tests.review.packkit FOLDER` writes them with `keys.txt` (the vkeys that their owners
would hand over, one per line) and `expected.json`: for each pack what a verifier that was given
these keys must say. Verifiers in other languages check the same folder. `at_least`: the verdict
that a verifier may give which does not read entries (no `seen`, no statements).
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from parley.node.custody_bodies import ForkEvidence, KeyRevoked, KeyRotated
from parley.node.encoding import encode_entry, seal_entry
from parley.node.entries import (
    Body,
    Continues,
    Draft,
    LogName,
    LogOpened,
    MessageAnswered,
    MessageSaid,
    Reference,
    Seen,
)
from parley.review.pack import (
    LogKey,
    Pack,
    PackHead,
    PackLog,
    PackReceipt,
    Statement,
    Window,
    bundle,
    make_range,
    unbundle,
    with_proofs,
    write_pack,
)
from parley.trust.checkpoint import Checkpoint, cosign, sign_checkpoint
from parley.trust.keys import Role, SigningKey
from parley.trust.note import Signature, add_signatures, make_note, parse_unverified_note
from parley.trust.policy import make_policy
from parley.trust.statements import (
    Rotation,
    sign_receipt,
    sign_rotation,
    sign_statement,
    vkey_digest,
)
from parley.trust.statements import Statement as KeyStatement
from parley.trust.tree import Tree, leaf_hash

AGREEMENT = "AGR-1"
PARTIES = ("COAL", "RUS")
NEUTRAL = "UN"
T0_US = 1_497_801_600_000_000
"""2017-06-18T16:00:00Z"""
SECOND_US = 1_000_000


def seed(*words: object) -> bytes:
    """Return 32 bytes that depend on nothing but the words."""
    return hashlib.sha256(" ".join(map(str, ("packkit", *words))).encode()).digest()


def key(party: str, job: str, role: Role | None = None, generation: int = 0) -> SigningKey:
    """Return a party's key; another generation is another key of the same name."""
    material = seed(party, job, generation)
    return SigningKey(material, name=f"parley/{party}/{job}", role=role or job)


def mirror(party: str) -> SigningKey:
    return key(party, "mirror")


@dataclass
class Writer:
    """One log in the making: entries, openings, signed heads with their cosignatures."""

    party: str
    kind: str = "line"
    incarnation: int = 1
    generation: int = 0
    cosigners: tuple[SigningKey, ...] = ()
    entries: list[bytes] = field(default_factory=list)
    openings: dict[int, bytes] = field(default_factory=dict)
    heads: dict[int, bytes] = field(default_factory=dict)
    receipts: list[PackReceipt] = field(default_factory=list)
    keys: list[tuple[int, SigningKey]] = field(default_factory=list)
    at_us: int = T0_US
    tree: Tree = field(default_factory=Tree)

    def __post_init__(self):
        self.keys.append((0, key(self.party, "log", generation=self.generation)))
        if not self.cosigners:
            others = [other for other in PARTIES if other != self.party]
            self.cosigners = (*(mirror(other) for other in others), mirror(NEUTRAL))

    @property
    def name(self) -> LogName:
        return LogName(
            agreement=AGREEMENT,
            party=self.party,
            kind=self.kind,
            year=2017,
            incarnation=self.incarnation,
        )

    @property
    def origin(self) -> str:
        return self.name.origin

    def open(self, continues: Continues | None = None) -> None:
        """Write the first entry."""
        own = self.keys[0][1]
        after = key(self.party, "log", generation=self.generation + 1)
        body = LogOpened(
            agreement=AGREEMENT,
            kind=self.kind,
            year=2017,
            keys={
                "log": own.verifier.vkey,
                "mirror": mirror(self.party).verifier.vkey,
                "link": key(self.party, "link").verifier.vkey,
                "witness": key(self.party, "witness").verifier.vkey,
                "next": vkey_digest(after.verifier.vkey),
            },
            rules_version=2,
            continues=continues,
        )
        self.write(body)

    def write(
        self, body: Body, *, sealed: bool = False, seen=None, ref=(), to=(), audience=None
    ) -> int:
        """Write an entry and return its index."""
        index = len(self.entries)
        self.at_us += SECOND_US
        draft = Draft(
            agreement=AGREEMENT, by="duty-officer", body=body, to=to, ref=ref, audience=audience
        )
        place = {"log": self.name, "seq": index, "issued_us": self.at_us, "seen": seen or {}}
        if sealed:
            salt = seed("salt", self.origin, index)
            data, self.openings[index] = seal_entry(draft, salt=salt, **place)
        else:
            data = encode_entry(draft, **place)
        self.put(data)
        return index

    def put(self, data: bytes) -> None:
        self.entries.append(data)
        self.tree.append(data)

    def say(self, text: str, *, sealed: bool = False, seen=None, audience=None) -> int:
        to = tuple(other for other in PARTIES if other != self.party)
        body = MessageSaid(
            line="L1", message_type="free.text", message_class="ROUTINE", subject="TEST", text=text
        )
        return self.write(body, sealed=sealed, seen=seen, to=to, audience=audience)

    def head(self, *, cosigners=None, signer=None, at_us=None, tree=None) -> bytes:
        """Sign and cosign the log as it stands, and return the note."""
        tree = tree or self.tree
        signer = signer or self.keys[-1][1]
        at_us = at_us or self.at_us + SECOND_US
        point = Checkpoint(origin=self.origin, size=tree.size, root=tree.root())
        note = sign_checkpoint(signer, point)
        chosen = self.cosigners if cosigners is None else cosigners
        note = add_signatures(note, [cosign(one, note, at_us) for one in chosen])
        self.heads[tree.size] = note
        return note

    def rotate(self) -> int:
        """Write the entry by which the next key takes over, and the old key's last head."""
        old = self.keys[-1][1]
        generation = self.generation + len(self.keys)
        new = key(self.party, "log", generation=generation)
        after = vkey_digest(key(self.party, "log", generation=generation + 1).verifier.vkey)
        rotation = Rotation(
            party=self.party,
            role="log",
            old=old.verifier.vkey,
            new=new.verifier.vkey,
            next_sha256=after,
        )
        index = self.write(
            KeyRotated(
                role="log",
                old=rotation.old,
                new=rotation.new,
                possession=sign_rotation(new, rotation),
                next_sha256=after,
            )
        )
        old_head = self.head()
        # As a node does it: the head over the change is signed by both keys.
        point = Checkpoint(origin=self.origin, size=self.tree.size, root=self.tree.root())
        second = parse_unverified_note(sign_checkpoint(new, point)).signatures[0].line
        self.heads[self.tree.size] = add_signatures(old_head, [second])
        self.keys.append((index + 2, new))
        return index

    def seen_by(self, size: int) -> dict[str, Seen]:
        """Return what another writer notes when it has seen this log at a size."""
        return {self.origin: Seen(size=size, root=self.tree.root(size).hex())}

    def receipt(self, index: int, peer: str) -> None:
        """Add a peer's receipt for an entry."""
        at_us = self.at_us + 250_000
        leaf = leaf_hash(self.entries[index]).hex()
        signature = sign_receipt(key(peer, "link"), peer, self.origin, index, leaf, at_us)
        self.receipts.append(
            PackReceipt(index=index, peer=peer, at_us=at_us, signature=bytes.fromhex(signature))
        )

    def log(self, *, heads=None, ranges=None, cited=(), openings=None, **changes) -> PackLog:
        """Return the log as it goes into a pack; `changes` are put in place of what is right."""
        sizes = sorted(self.heads) if heads is None else heads
        keys = [one.verifier.named(self.origin) for _, one in self.keys]
        spans = [(0, sizes[-1], sizes[-1])] if ranges is None else ranges
        made = PackLog(
            origin=self.origin,
            keys=tuple(
                LogKey(from_size=size, vkey=one.vkey)
                for (size, _), one in zip(self.keys, keys, strict=True)
            ),
            policy=make_policy(keys, [one.verifier for one in self.cosigners]).data,
            heads=tuple(PackHead(size=size, note=self.heads[size]) for size in sizes),
            ranges=tuple(
                make_range(self.tree, self.entries[start:end], start=start, head=head)
                for start, end, head in spans
            ),
            openings=self.openings if openings is None else openings,
            receipts=tuple(self.receipts),
        )
        return msgspec.structs.replace(with_proofs(made, self.tree, cited), **changes)


@dataclass
class Story:
    """Two parties' lines and one party's operations, as far as everybody agrees."""

    coal: Writer = field(default_factory=lambda: Writer("COAL"))
    rus: Writer = field(default_factory=lambda: Writer("RUS"))
    ops: Writer = field(default_factory=lambda: Writer("COAL", kind="ops"))

    def __post_init__(self):
        coal, rus, ops = self.coal, self.rus, self.ops
        coal.open()
        for n in range(1, 4):
            coal.say(f"number {n}", sealed=n == 2)
        coal.head()
        rus.at_us = coal.at_us
        rus.open()
        said = Reference(log=coal.origin, index=3, leaf=leaf_hash(coal.entries[3]).hex())
        rus.write(
            MessageAnswered(answer="ROGER", post="duty-officer"), ref=(said,), seen=coal.seen_by(4)
        )
        rus.head()
        coal.receipt(1, "RUS")
        coal.receipt(3, "RUS")
        coal.at_us = rus.at_us
        for n in range(4, 12):
            coal.say(f"number {n}", sealed=n in (5, 8), seen=rus.seen_by(2) if n == 4 else None)
            if n in (7, 9, 11):
                coal.head()
        rus.at_us = coal.at_us
        rus.say("seen", seen=coal.seen_by(10))
        rus.head()
        ops.open()
        ops.head()


JOBS: tuple[tuple[str, Role], ...] = (
    ("log", "log"), ("mirror", "mirror"), ("link", "link"), ("root-1", "root")
)  # fmt: skip
KEYS = (
    *(key(party, job, role).verifier.vkey for party in PARTIES for job, role in JOBS),
    mirror(NEUTRAL).verifier.vkey,
)
LINKS = tuple(key(party, "link").verifier.vkey for party in PARTIES)
ROOTS = tuple(key(party, "root-1", "root").verifier.vkey for party in PARTIES)
STATEMENTS = (
    Statement(kind="words", text="COAL said numbers 1 and 3.", cites=((0, 1), (0, 3))),
    Statement(
        kind="entry",
        text="Entry 3 is a message.",
        cites=((0, 3),),
        values={"type": "message.said", "by": "duty-officer", "body.text": "number 3"},
    ),
)


def packed(*logs: PackLog, **changes) -> Pack:
    values = {"keys": (*LINKS, *ROOTS), "title": "packkit", "made_us": T0_US} | changes
    return Pack(logs=logs, **values)


@dataclass(frozen=True)
class Case:
    """A pack and what a verifier must say: verdict, step, log, entries first to last."""

    name: str
    data: bytes
    verdict: str
    step: int | None = None
    log: str = ""
    index: int | None = None
    last: int | None = None
    at_least: str = ""

    def expected(self) -> dict[str, object]:
        found = {
            "name": self.name,
            "verdict": self.verdict,
            "step": self.step,
            "log": self.log,
            "index": self.index,
            "last": self.last,
        }
        return {**found, "at_least": self.at_least or self.verdict}


INTACT = "record intact"
BAD = "not intact"
FORKED = "forked by its own signature"


def story_logs(story: Story, **changes) -> tuple[PackLog, ...]:
    return (
        story.coal.log(cited=(1, 3), **changes),
        story.rus.log(),
        story.ops.log(),
    )


def good() -> Case:
    pack = packed(*story_logs(Story()), statements=STATEMENTS)
    return Case("good", write_pack(pack), INTACT)


def good_rotated() -> Case:
    story = Story()
    story.coal.rotate()
    story.coal.say("under the new key")
    story.coal.head()
    return Case("good-rotated", write_pack(packed(*story_logs(story))), INTACT)


def continued(story: Story, size: int, root: bytes) -> Writer:
    """Return a second incarnation of COAL's line that names a head of the first."""
    again = Writer("COAL", incarnation=2, at_us=story.coal.at_us)
    named = Continues(origin=story.coal.origin, size=size, root=root.hex(), why="restored")
    again.open(named)
    again.say("after the restore")
    again.head()
    return again


def good_incarnation() -> Case:
    story = Story()
    again = continued(story, 10, story.coal.tree.root(10))
    return Case("good-incarnation", write_pack(packed(*story_logs(story), again.log())), INTACT)


def good_redacted() -> Case:
    story = Story()
    logs = story_logs(story, openings={5: story.coal.openings[5]})
    return Case("good-redacted", write_pack(packed(*logs, release="redacted")), INTACT)


def good_sealed() -> Case:
    logs = story_logs(Story(), openings={})
    return Case("good-sealed", write_pack(packed(*logs, release="sealed")), INTACT)


def good_partial() -> Case:
    story = Story()
    parts = story.coal.log(
        heads=[4, 10, 12], ranges=[(3, 6, 10), (9, 12, 12)], cited=(10,), openings={}
    )
    parts = msgspec.structs.replace(
        parts, receipts=tuple(one for one in parts.receipts if one.index == 3)
    )
    return Case("good-partial", write_pack(packed(parts, story.rus.log())), INTACT)


def good_window() -> Case:
    story = Story()
    window = Window(from_us=T0_US, to_us=story.coal.at_us)
    return Case("good-window", write_pack(packed(story.coal.log(), window=window)), INTACT)


# ---- undecided ----------------------------------------------------------------------------------


def withheld() -> Case:
    story = Story()
    story.coal.say("nobody else holds this")
    story.coal.head(cosigners=(mirror(NEUTRAL),))
    data = write_pack(packed(*story_logs(story)))
    return Case("withheld", data, "undecided", log=story.coal.origin, at_least="undecided")


def cut_back() -> Case:
    """An old head shown as the newest, in perfect form; the peer had seen more."""
    story = Story()
    short = story.coal.log(heads=[4, 8], cited=(1,), openings={2: story.coal.openings[2]})
    data = write_pack(packed(short, story.rus.log()))
    return Case("cut-back", data, "undecided", log=story.coal.origin, at_least=INTACT)


# ---- bad ----------------------------------------------------------------------------------------


def changed_range(log: PackLog, entries: list[bytes], leaves: bytes | None = None) -> PackLog:
    """Return a log with other entries in its one range, under the same claims."""
    one = log.ranges[0]
    other = msgspec.structs.replace(
        one, bundle=bundle(entries), leaves=one.leaves if leaves is None else leaves
    )
    return msgspec.structs.replace(log, ranges=(other,))


def with_entries(name: str, index: int, change) -> Case:
    """Return the good pack with the entries of its first log changed."""
    story = Story()
    logs = story_logs(story)
    entries = change(unbundle(logs[0].ranges[0].bundle))
    data = write_pack(packed(changed_range(logs[0], entries), *logs[1:]))
    return Case(name, data, BAD, step=4, log=story.coal.origin, index=index, last=index)


def flipped_byte() -> Case:
    def change(entries):
        at = entries[7].index(b"number 7")
        entries[7] = entries[7][:at] + b"o" + entries[7][at + 1 :]
        return entries

    return with_entries("flipped-byte", 7, change)


def deleted_entry() -> Case:
    return with_entries("deleted-entry", 6, lambda entries: entries[:6] + entries[7:])


def cut_range() -> Case:
    return with_entries("cut-range", 9, lambda entries: entries[:9])


def reordered() -> Case:
    return with_entries("reordered", 3, lambda e: [*e[:3], e[4], e[3], *e[5:]])


def fitted_leaves() -> Case:
    """Leaf hashes made to fit the changed entry: only the heads tell where."""
    story = Story()
    logs = story_logs(story)
    entries = unbundle(logs[0].ranges[0].bundle)
    entries[9] = entries[9].replace(b"number 9", b"number 0")
    leaves = b"".join(map(leaf_hash, entries))
    data = write_pack(packed(changed_range(logs[0], entries, leaves), *logs[1:]))
    return Case("fitted-leaves", data, BAD, step=4, log=story.coal.origin, index=8, last=9)


def second_history(story: Story, from_index: int) -> Writer:
    """Return another history of COAL's line that agrees up to an index, signed by the same key."""
    other = Writer("COAL")
    for entry in story.coal.entries[:from_index]:
        other.put(entry)
    other.at_us = story.coal.at_us
    while len(other.entries) < len(story.coal.entries):
        other.say(f"another {len(other.entries)}")
    return other


def forked() -> Case:
    story = Story()
    other = second_history(story, 6)
    shown = other.head(cosigners=(mirror("RUS"),))
    before = story.coal.heads[4]
    data = write_pack(packed(*story_logs(story), refused=(before, shown)))
    return Case("forked", data, FORKED, step=4, log=story.coal.origin, index=4, last=11)


def forked_heads() -> Case:
    """Both histories' heads stand among the heads."""
    story = Story()
    other = second_history(story, 9)
    other.tree = Tree([leaf_hash(entry) for entry in other.entries[:10]])
    story.coal.heads[10] = other.head()
    data = write_pack(packed(*story_logs(story)))
    return Case("forked-heads", data, FORKED, step=4, log=story.coal.origin, index=8, last=9)


def forked_evidence() -> Case:
    """The fork stands as evidence in the peer's own log."""
    story = Story()
    other = second_history(story, 6)
    story.rus.write(
        ForkEvidence(
            origin=story.coal.origin,
            held=story.coal.heads[12].decode(),
            refused=other.head(cosigners=()).decode(),
            why="two roots",
        )
    )
    story.rus.head()
    data = write_pack(packed(*story_logs(story)))
    return Case("forked-evidence", data, FORKED, 4, story.coal.origin, 0, 11, at_least=INTACT)


def restored_logs() -> tuple[Story, Writer]:
    """Return what was first, and what a node signed that came back from a backup of 8 entries."""
    story = Story()
    other = second_history(story, 8)
    for size in (4, 8, 12):
        other.tree = Tree([leaf_hash(entry) for entry in other.entries[:size]])
        other.head()
    return story, other


def restored_node() -> Case:
    """The peers hold heads of the first history: the last one before the backup, and one after."""
    story, other = restored_logs()
    first = (story.coal.heads[8], story.coal.heads[10])
    data = write_pack(packed(other.log(), refused=first))
    return Case("restored-node", data, FORKED, 4, story.coal.origin, 8, 9)


def restored_seen() -> Case:
    """Only an entry of the peer, who cosigned nothing since, tells of the first history."""
    story, other = restored_logs()
    for size in (8, 12):
        other.tree = Tree([leaf_hash(entry) for entry in other.entries[:size]])
        other.head(cosigners=(mirror(NEUTRAL),))
    data = write_pack(packed(other.log(), story.rus.log()))
    verdict = "contested by RUS"
    return Case("restored-seen", data, verdict, 4, story.coal.origin, 4, 9, at_least="undecided")


def good_refuted() -> Case:
    """RUS names a false head of COAL's line, and has itself cosigned the true one."""
    story = Story()
    lie = Seen(size=11, root=seed("no such root").hex())
    story.rus.say("a lie", seen={story.coal.origin: lie})
    story.rus.head()
    return Case("good-refuted", write_pack(packed(*story_logs(story))), INTACT)


def seen_below_nothing() -> Case:
    """RUS signs that it has seen fewer than no entries of COAL's line: no reader may stumble."""
    story = Story()
    story.rus.say("less than nothing", seen={story.coal.origin: Seen(size=-1, root="00" * 32)})
    story.rus.head()
    return Case("seen-below-nothing", write_pack(packed(*story_logs(story))), INTACT)


def replayed() -> Case:
    """An old head under the name of the new one."""
    story = Story()
    story.coal.heads[12] = story.coal.heads[8]
    logs = (story.coal.log(), story.rus.log())
    return Case("replayed", write_pack(packed(*logs)), BAD, 2, story.coal.origin, 8, 8)


def stale() -> Case:
    """The pack claims a day, but nobody cosigned after its first minutes."""
    story = Story()
    window = Window(from_us=T0_US, to_us=T0_US + 86_400 * SECOND_US)
    data = write_pack(packed(story.coal.log(), window=window))
    return Case("stale", data, BAD, 4, story.coal.origin, 12, 12)


def wrong_salt() -> Case:
    story = Story()
    opening = story.coal.openings[5]
    story.coal.openings[5] = seed("another salt") + opening[32:]
    data = write_pack(packed(*story_logs(story)))
    return Case("wrong-salt", data, BAD, 5, story.coal.origin, 5, 5)


def opened_plain() -> Case:
    story = Story()
    story.coal.openings[4] = seed("salt") + b"{}"
    openings = dict(sorted(story.coal.openings.items()))
    data = write_pack(packed(*story_logs(story, openings=openings)))
    return Case("opened-plain", data, BAD, 5, story.coal.origin, 4, 4)


def expired_key() -> Case:
    """The key gave way to another, and its old holder signs on."""
    story = Story()
    old = story.coal.keys[0][1]
    index = story.coal.rotate()
    story.coal.keys.pop()
    story.coal.say("signed by the old key")
    story.coal.head(signer=old)
    data = write_pack(packed(*story_logs(story)))
    return Case("expired-key", data, BAD, 1, story.coal.origin, index, index, at_least=INTACT)


def expired_signature() -> Case:
    """The manifest has the new key, the head is signed by the old one."""
    story = Story()
    old = story.coal.keys[0][1]
    story.coal.rotate()
    story.coal.say("signed by the old key")
    story.coal.head(signer=old)
    data = write_pack(packed(*story_logs(story)))
    return Case("expired-signature", data, BAD, 2, story.coal.origin)


def stolen_rotation() -> Case:
    """A thief of the present key names a next one that was never promised."""
    story = Story()
    story.coal.generation = 5
    index = story.coal.rotate()
    story.coal.say("signed by the thief")
    story.coal.head()
    data = write_pack(packed(*story_logs(story)))
    return Case("stolen-rotation", data, BAD, 1, story.coal.origin, index, index, at_least=INTACT)


def revoked_key() -> Case:
    """The root revoked the key; what was cosigned only afterwards does not count."""
    story = Story()
    statement = KeyStatement(
        party="COAL",
        action="revoke",
        role="log",
        key=key("COAL", "log").verifier.vkey,
        at_us=story.coal.at_us - SECOND_US // 2,
        reason="stolen with the machine",
    )
    note = sign_statement(key("COAL", "root-1", "root"), statement)
    story.ops.rotate()
    again = Writer("COAL", incarnation=2, generation=1, at_us=story.coal.at_us)
    again.open()
    again.write(KeyRevoked(statement=note.decode()))
    again.head()
    data = write_pack(packed(*story_logs(story), again.log()))
    return Case("revoked-key", data, BAD, 1, story.coal.origin, 10, 11, at_least=INTACT)


def swapped_receipt() -> Case:
    story = Story()
    first, second = story.coal.receipts
    story.coal.receipts = [
        msgspec.structs.replace(first, at_us=second.at_us, signature=second.signature),
        msgspec.structs.replace(second, at_us=first.at_us, signature=first.signature),
    ]
    data = write_pack(packed(*story_logs(story)))
    return Case("swapped-receipt", data, BAD, 7, story.coal.origin, 1, 1)


def foreign_receipt() -> Case:
    """A receipt in RUS's name by another key."""
    story = Story()
    thief = SigningKey(seed("thief"), name="parley/RUS/link", role="link")
    leaf = leaf_hash(story.coal.entries[1]).hex()
    first, second = story.coal.receipts
    signature = sign_receipt(thief, "RUS", story.coal.origin, 1, leaf, first.at_us)
    story.coal.receipts = [
        msgspec.structs.replace(first, signature=bytes.fromhex(signature)),
        second,
    ]
    data = write_pack(packed(*story_logs(story)))
    return Case("foreign-receipt", data, BAD, 7, story.coal.origin, 1, 1)


def raw_vkey(name: str, public: bytes, algorithm: int = 1) -> str:
    """Return a vkey of any 32 bytes, without the check that `VerifierKey` makes."""
    material = bytes((algorithm,)) + public
    key_id = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
    return f"{name}+{key_id.hex()}+{base64.b64encode(material).decode()}"


IDENTITY = bytes([1]) + bytes(31)
"""The neutral point: as a key it lets anybody sign, as R it splits libraries."""
BASE = bytes.fromhex("58" + "66" * 31)
ORDER = 2**252 + 27742317777372353535851937790883648493


def raw_note(point: Checkpoint, vkey: str, signature: bytes) -> bytes:
    name, key_id, _ = vkey.split("+", 2)
    line = Signature(name=name, key_id=bytes.fromhex(key_id), payload=signature)
    return make_note(point.body, (line,))


def low_order_key() -> Case:
    """A key that is no key: one signature fits every text. R = B, S = 1, key = identity."""
    story = Story()
    name = story.coal.origin
    vkey = raw_vkey(name, IDENTITY)
    point = Checkpoint(origin=name, size=12, root=story.coal.tree.root(12))
    note = raw_note(point, vkey, BASE + (1).to_bytes(32, "little"))
    note = add_signatures(
        note, [cosign(one, note, story.coal.at_us) for one in story.coal.cosigners]
    )
    own = story.coal.log(heads=[12])
    policy = own.policy.replace(own.keys[0].vkey.encode(), vkey.encode())
    log = msgspec.structs.replace(
        own,
        keys=(LogKey(from_size=0, vkey=vkey),),
        policy=policy,
        heads=(PackHead(size=12, note=note),),
    )
    return Case("low-order-key", write_pack(packed(log, story.rus.log())), BAD, 1, name)


def private_scalar(material: bytes, name: str, role: str) -> tuple[int, bytes]:
    """Return the scalar of a `SigningKey` of this seed, by RFC 8032, section 5.1.5."""
    info = f"parley/key/v1\n{role}\n{name}".encode()
    private = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(material)
    digest = bytearray(hashlib.sha512(private).digest()[:32])
    digest[0] &= 248
    digest[31] = digest[31] & 127 | 64
    return int.from_bytes(digest, "little"), private


def split_signature(message: bytes) -> bytes:
    """Return COAL's signature with R = identity: some libraries accept it, some do not."""
    own = key("COAL", "log")
    scalar, _ = private_scalar(seed("COAL", "log", 0), own.name, "log")
    hashed = hashlib.sha512(IDENTITY + own.verifier.public + message).digest()
    factor = int.from_bytes(hashed, "little")
    return IDENTITY + (factor * scalar % ORDER).to_bytes(32, "little")


def one_library() -> Case:
    """A head whose signature only one library accepts: its signer could deny it later."""
    story = Story()
    own = key("COAL", "log").verifier.named(story.coal.origin)
    point = Checkpoint(origin=story.coal.origin, size=12, root=story.coal.tree.root(12))
    note = raw_note(point, own.vkey, split_signature(point.body.encode()))
    cosigned = [cosign(one, note, story.coal.at_us) for one in story.coal.cosigners]
    story.coal.heads[12] = add_signatures(note, cosigned)
    data = write_pack(packed(story.coal.log(), story.rus.log()))
    return Case("one-library", data, BAD, 2, story.coal.origin)


def false_incarnation() -> Case:
    story = Story()
    again = continued(story, 10, seed("no such root"))
    data = write_pack(packed(*story_logs(story), again.log()))
    return Case("false-incarnation", data, BAD, 4, again.origin, 0, 0, at_least=INTACT)


def wrong_key() -> Case:
    """All of it signed by somebody who is not COAL, in perfect form."""
    story = Story()
    thief = Writer("COAL", generation=9)
    thief.open()
    thief.say("by a thief")
    thief.head()
    return Case("wrong-key", write_pack(packed(thief.log(), story.rus.log())), BAD, 1, thief.origin)


def false_mirror() -> Case:
    """A cosignature in RUS's name by another key."""
    story = Story()
    thief = SigningKey(seed("thief"), name="parley/RUS/mirror", role="mirror")
    story.coal.cosigners = (thief, mirror(NEUTRAL))
    for size in list(story.coal.heads):
        story.coal.tree, whole = Tree(), story.coal.tree
        for entry in story.coal.entries[:size]:
            story.coal.tree.append(entry)
        story.coal.head()
        story.coal.tree = whole
    data = write_pack(packed(story.coal.log(), story.rus.log()))
    return Case("false-mirror", data, BAD, 1, story.coal.origin)


def moved_cosignature() -> Case:
    """A true cosignature under another head."""
    story = Story()
    text, _, lines = story.coal.heads[12].rpartition(b"\n\n")
    old = story.coal.heads[10].rpartition(b"\n\n")[2].split(b"\n")
    new = lines.split(b"\n")
    story.coal.heads[12] = text + b"\n\n" + b"\n".join((new[0], old[1], new[2], b""))
    data = write_pack(packed(story.coal.log(), story.rus.log()))
    return Case("moved-cosignature", data, BAD, 3, story.coal.origin)


def swapped_logs() -> Case:
    """COAL's and RUS's heads and entries under each other's names."""
    story = Story()
    coal, rus = story.coal.log(), story.rus.log()
    first = msgspec.structs.replace(
        coal, heads=rus.heads, ranges=rus.ranges, openings={}, receipts=()
    )
    first = msgspec.structs.replace(first, consistency={})
    second = msgspec.structs.replace(rus, heads=coal.heads, ranges=coal.ranges)
    return Case("swapped-logs", write_pack(packed(first, second)), BAD, 2, story.coal.origin)


def missing_cite() -> Case:
    story = Story()
    stated = Statement(kind="words", text="And nothing after.", cites=((0, 3), (1, 7)))
    data = write_pack(packed(*story_logs(story), statements=(stated,)))
    return Case("missing-cite", data, BAD, 6, story.rus.origin, 7, 7)


def false_statement() -> Case:
    story = Story()
    stated = Statement(kind="entry", text="", cites=((0, 3),), values={"body.text": "number 4"})
    data = write_pack(packed(*story_logs(story), statements=(stated,)))
    return Case("false-statement", data, BAD, 6, story.coal.origin, 3, 3, at_least=INTACT)


def false_range_proof() -> Case:
    story = Story()
    log = story.coal.log(heads=[10, 12], ranges=[(3, 6, 10)], openings={}, receipts=())
    one = log.ranges[0]
    proof = bytes((one.proof[0] ^ 1,)) + one.proof[1:]
    log = msgspec.structs.replace(log, ranges=(msgspec.structs.replace(one, proof=proof),))
    data = write_pack(packed(log, story.rus.log()))
    return Case("false-range-proof", data, BAD, 4, story.coal.origin, 3, 5)


def false_consistency() -> Case:
    story = Story()
    other = second_history(story, 2)
    story.coal.heads[8] = Writer.head(other, tree=Tree([leaf_hash(e) for e in other.entries[:8]]))
    log = story.coal.log(heads=[8, 12], ranges=[(9, 12, 12)], openings={}, receipts=())
    data = write_pack(packed(log, story.rus.log()))
    return Case("false-consistency", data, BAD, 4, story.coal.origin, 8, 11)


CASES = (
    good, good_rotated, good_incarnation, good_redacted, good_sealed, good_partial, good_window,
    good_refuted, seen_below_nothing, withheld, cut_back, flipped_byte, deleted_entry, cut_range,
    reordered,
    fitted_leaves, forked,
    forked_heads, forked_evidence, restored_node, restored_seen, replayed, stale, wrong_salt,
    opened_plain, expired_key, expired_signature, stolen_rotation, revoked_key, swapped_receipt,
    foreign_receipt, low_order_key, one_library, false_incarnation, wrong_key, false_mirror,
    moved_cosignature, swapped_logs, missing_cite, false_statement, false_range_proof,
    false_consistency,
)  # fmt: skip


def write_all(folder: Path) -> list[dict[str, object]]:
    """Write every pack, the keys and what is expected into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    expected = []
    for make in CASES:
        case = make()
        (folder / f"{case.name}.zip").write_bytes(case.data)
        expected.append(case.expected())
    (folder / "keys.txt").write_text("".join(f"{vkey}\n" for vkey in KEYS), encoding="utf-8")
    text = json.dumps(expected, indent=1) + "\n"
    (folder / "expected.json").write_text(text, encoding="utf-8")
    return expected


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
