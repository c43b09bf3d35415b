"""Every bad pack of the shared set is refused, and the entry is named where it can be."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from parley.review.verify import PackFault, finding_of, verify_pack
from review import packkit


@pytest.mark.parametrize("make", packkit.CASES, ids=lambda make: make.__name__)
def test_each_pack_is_judged_and_located(make):
    case = make()
    if case.step is None:
        report = verify_pack(case.data, packkit.KEYS)
        assert report.verdict.startswith(case.verdict), report.verdict
        assert report.keys_from == "given"
        if case.log:
            assert any(case.log in reason for reason in report.undecided)
        return
    with pytest.raises(PackFault) as caught:
        verify_pack(case.data, packkit.KEYS)
    found = finding_of(caught.value)
    last = found.index if found.last is None else found.last
    assert (found.verdict, found.step, found.log) == (case.verdict, case.step, case.log)
    assert (found.index, last) == (case.index, case.last)
    assert "\n" not in found.reason


# --- a second verifier, written from docs/pack.md alone ------------------------------------------
# It shares no code with Parley and reads no entry but for `commit`. So `at_least` is what a
# verifier in any language can say, and the document is enough to write one.

LOW_ORDER = {
    bytes.fromhex(text)[:31] + bytes([top])
    for text in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
    for top in (bytes.fromhex(text)[31], bytes.fromhex(text)[31] | 128)
}


class WrongError(Exception):
    pass


def want(good, verdict="not intact"):
    if not good:
        raise WrongError(verdict)


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def read_vkey(text, algorithm):
    name, key_id, material = text.split("+", 2)
    material = base64.b64decode(material)
    want(sha(name.encode(), b"\n", material)[:4].hex() == key_id and material[0] == algorithm)
    want(len(material) == 33 and material[1:] not in LOW_ORDER)
    return name, key_id, material[1:]


def check_signature(public, signature, message):
    want(len(signature) == 64 and signature[:32] not in LOW_ORDER)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        raise WrongError("not intact") from None


def read_note(note):
    text, _, tail = note.decode().rpartition("\n\n")
    lines = []
    for line in tail.splitlines():
        dash, name, data = line.split(" ")
        want(dash == "\u2014")
        data = base64.b64decode(data)
        lines.append((name, data[:4].hex(), data[4:]))
    origin, size, root = text.split("\n")
    return text + "\n", lines, origin, int(size), base64.b64decode(root)


def signed_by(note, key):
    """The head of a note that the key signed."""
    text, lines, origin, size, root = read_note(note)
    own = [data for name, key_id, data in lines if (name, key_id) == key[:2]]
    want(own and origin == key[0])
    for data in own:
        check_signature(key[2], data, text.encode())
    return size, root


def cosigned(note, key):
    """The times at which a witness cosigned a note."""
    text, lines, *_ = read_note(note)
    times = []
    for name, key_id, data in lines:
        if (name, key_id) == key[:2]:
            times.append(int.from_bytes(data[:8], "big"))
            message = f"cosignature/v1\ntime {times[-1]}\n{text}"
            check_signature(key[2], data[8:], message.encode())
    return times


def root_of(low, high, start, end, leaves, proof):
    if high <= start or end <= low:
        want(proof)
        return proof.pop(0)
    if high - low == 1:
        return leaves[low - start]
    half = 1 << (high - low - 1).bit_length() - 1
    parts = (low, low + half), (low + half, high)
    return sha(b"\x01", *(root_of(*part, start, end, leaves, proof) for part in parts))


def split(data):
    want(len(data) % 32 == 0)
    return [data[at : at + 32] for at in range(0, len(data), 32)]


def check_consistency(old, new, proof, old_root, new_root):
    """RFC 9162, 2.1.4.2."""
    path = [old_root, *proof] if old & (old - 1) == 0 else proof
    want(path)
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = path[0]
    for one in path[1:]:
        want(last)
        if node & 1 or node == last:
            first, second = sha(b"\x01", one, first), sha(b"\x01", one, second)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            second = sha(b"\x01", second, one)
        node, last = node >> 1, last >> 1
    want(first == old_root and second == new_root and last == 0)


class PlainLog:
    """One log of a pack, checked."""

    def __init__(self, files, number, listed, given):
        folder = f"logs/{number}"
        self.listed, self.origin = listed, listed["origin"]
        self.keys = [(one["from"], read_vkey(one["vkey"], 1)) for one in listed["keys"]]
        notes = {size: files[f"{folder}/head.{size}"] for size in listed["heads"]}
        self.roots = {}
        for size, note in notes.items():
            found, self.roots[size] = signed_by(note, self.key_at(size))
            want(found == size)
        self.newest = max(notes)
        self.quorum(files[f"{folder}/policy"].decode(), notes, given)
        self.entries, self.leaves, known = {}, {}, 0
        for one in listed["ranges"]:
            start, end, head = one["start"], one["end"], one["head"]
            data, entries = files[f"{folder}/entries.{start}-{end}"], []
            while data:
                length = int.from_bytes(data[:2], "big")
                want(0 < length <= min(60_000, len(data) - 2))
                entries.append(data[2 : 2 + length])
                data = data[2 + length :]
            leaves = [sha(b"\x00", entry) for entry in entries]
            want(leaves == split(files[f"{folder}/leaves.{start}-{end}"]))
            proof = split(files.get(f"{folder}/range.{start}-{end}", b""))
            want(len(entries) == end - start)
            want(root_of(0, head, start, end, leaves, proof) == self.roots[head] and not proof)
            self.entries.update(enumerate(entries, start))
            self.leaves.update(enumerate(leaves, start))
            known = end if start == 0 else known
        self.known = known
        for size, root in self.roots.items():
            want(self.root(size) in (None, root), "forked by its own signature")
        for old, new in listed["consistency"]:
            proof = split(files[f"{folder}/consistency.{old}-{new}"])
            check_consistency(old, new, proof, self.roots[old], self.roots[new])

    def key_at(self, size):
        return [key for start, key in self.keys if start <= size][-1]

    def root(self, size):
        if not 0 < size <= self.known:
            return None
        leaves = [self.leaves[n] for n in range(size)]
        return root_of(0, size, 0, size, leaves, [])

    def quorum(self, policy, notes, given):
        self.times, groups, quorum = {}, {}, "none"
        for words in map(str.split, policy.splitlines()):
            if words[0] == "witness":
                key = read_vkey(words[2], 4)
                want(given.get(key[0], key[2]) == key[2])
                by_size = {size: cosigned(note, key) for size, note in notes.items()}
                self.times[words[1]] = by_size
                groups[words[1]] = bool(by_size[self.newest])
            elif words[0] == "group":
                count = {"all": len(words) - 3, "any": 1}.get(words[2]) or int(words[2])
                groups[words[1]] = sum(groups[name] for name in words[3:]) >= count
            elif words[0] == "quorum":
                quorum = words[1]
        self.held = quorum == "none" or groups[quorum]


def plain_verdict(data, vkeys):
    """What a verifier says that knows docs/pack.md and reads no entry."""
    try:
        return plain_verify(data, vkeys)
    except WrongError as fault:
        return str(fault)


def plain_verify(data, vkeys):
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        files = {name: file.read(name) for name in file.namelist()}
    manifest = json.loads(files["MANIFEST.json"])
    given = {text.split("+")[0]: base64.b64decode(text.split("+", 2)[2])[1:] for text in vkeys}
    listed = list(enumerate(manifest["logs"]))
    by_party = {}
    for _, one in listed:
        keys = by_party.setdefault(one["origin"].split("/")[2], set())
        keys |= {read_vkey(each["vkey"], 1)[2] for each in one["keys"]}
    want(all(given[f"parley/{party}/log"] in keys for party, keys in by_party.items()))
    logs = [PlainLog(files, number, one, given) for number, one in listed]
    for number in range(manifest["refused"]):
        note = files[f"refused/{number}"]
        origin, size = read_note(note)[2:4]
        for log in logs:
            if log.origin == origin:
                _, root = signed_by(note, log.key_at(size))
                known = log.roots.get(size) or log.root(size)
                want(known in (None, root), "forked by its own signature")
    window = manifest["window"]
    for log in logs if window else ():
        newest = [at for one in log.times.values() for at in one[log.newest]]
        want(newest and (max(newest) + 1) * 1_000_000 > window["to_us"])
    for number, log in enumerate(logs):
        check_payloads(files.get(f"logs/{number}/openings", b""), log)
        check_receipts(files.get(f"logs/{number}/receipts", b""), log, given)
    for statement in manifest["statements"]:
        want(all(index in logs[number].entries for number, index in statement["cites"]))
    return "record intact" if all(log.held for log in logs) else "undecided"


def check_payloads(data, log):
    while data:
        index, length = int.from_bytes(data[:8], "big"), int.from_bytes(data[8:12], "big")
        opening, data = data[12 : 12 + length], data[12 + length :]
        commit = json.loads(log.entries[index]).get("commit")
        want(commit == sha(b"parley/commit/v1", opening).hex())


def check_receipts(data, log, given):
    while data:
        index, length = int.from_bytes(data[:8], "big"), int.from_bytes(data[8:10], "big")
        peer, data = data[10 : 10 + length].decode(), data[10 + length :]
        at_us, signature, data = int.from_bytes(data[:8], "big"), data[8:72], data[72:]
        at = datetime.fromtimestamp(at_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        at += f".{at_us % 1_000_000:06}Z" if at_us % 1_000_000 else "Z"
        lines = ("parley/receipt/v1", f"holder {peer}", f"log {log.origin}", f"index {index}")
        message = "\n".join((*lines, f"leaf {log.leaves[index].hex()}", f"at {at}", ""))
        check_signature(given[f"parley/{peer}/link"], signature, message.encode())


@pytest.mark.parametrize("make", packkit.CASES, ids=lambda make: make.__name__)
def test_a_verifier_that_knows_only_the_document_agrees(make):
    case = make()
    assert plain_verdict(case.data, packkit.KEYS) == case.expected()["at_least"]
