"""Whose word counts: C2SP tlog-policy, the rule by which a head is believed.

A policy lists logs, cosigners (the format calls them all witnesses; a mirror is one) and groups of
them, and names the one cosigner or group that must have cosigned. It is read strictly, and written
in one form. Names are octets with no meaning outside the file: what is not UTF-8 in them is kept
as Python keeps file names (surrogateescape). A file with a key of another kind than Ed25519 is
refused, not read in part.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

import msgspec

from parley.trust.checkpoint import (
    Checkpoint,
    Cosignature,
    open_checkpoint,
    parse_checkpoint_body,
    verify_note_cosignature,
)
from parley.trust.keys import (
    ALGORITHM_COSIGNATURE,
    ALGORITHM_ED25519,
    VerifierKey,
    parse_vkey,
)
from parley.trust.note import Note, parse_unverified_note
from parley.world.faults import InputFault, PeerFault

POLICY_BYTES_MAX = 200_000
"""A file of all the lines allowed, each with a long name and address, is smaller."""
POLICY_LINES_MAX = 256
"""So many logs, cosigners and groups at most, each; C2SP wants at least 32."""
NONE = "none"
"""The name of the quorum that nobody must have cosigned for."""
_ALLOWED = re.compile(rb"[\t\n\x20-\x7e\x80-\xff]*")
_SPACE = re.compile(r"[ \t]+")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)


class PolicyLog(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A log whose heads count: its key, named as the log's origin, and an address, if any."""

    key: VerifierKey
    url: str = ""


class PolicyWitness(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A cosigner: its name within the policy, its key, and an address, if any."""

    name: str
    key: VerifierKey
    url: str = ""


class PolicyGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group: it has witnessed a head once `threshold` of its members have."""

    name: str
    threshold: int
    members: tuple[str, ...]


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which logs count, and who must have cosigned their heads.

    Attributes:
        logs: no public key twice; none where the log is known from elsewhere.
        witnesses: no public key twice.
        groups: each of cosigners and of groups before it; nobody is a member twice.
        quorum: the cosigner or group that must have witnessed; "none" for nobody.
    """

    logs: tuple[PolicyLog, ...] = ()
    witnesses: tuple[PolicyWitness, ...] = ()
    groups: tuple[PolicyGroup, ...] = ()
    quorum: str = NONE

    def __post_init__(self) -> None:
        _check_keys("log", ALGORITHM_ED25519, [log.key for log in self.logs])
        _check_keys("witness", ALGORITHM_COSIGNATURE, [each.key for each in self.witnesses])
        for url in (*(log.url for log in self.logs), *(each.url for each in self.witnesses)):
            _check_word("policy address", url or "-")
        names: set[str] = set()
        for name in (*(each.name for each in self.witnesses), *(one.name for one in self.groups)):
            _check_word("policy name", name)
            if name == NONE or name in names:
                raise InputFault("policy name", value=name, wanted="a name that is not taken")
            names.add(name)
        self._check_groups()
        if self.quorum != NONE and self.quorum not in names:
            raise InputFault("policy quorum", value=self.quorum, wanted="a witness or group in it")

    def _check_groups(self) -> None:
        if len(self.groups) > POLICY_LINES_MAX:
            raise InputFault("policy", value=f"{len(self.groups)} groups", wanted=_AT_MOST)
        known = {each.name for each in self.witnesses}
        members: set[str] = set()
        for group in self.groups:
            what = f"policy group {group.name}"
            if not 1 <= group.threshold <= len(group.members):
                wanted = f"1 to {len(group.members)}, as it has members"
                raise InputFault(what, value=f"threshold {group.threshold}", wanted=wanted)
            for member in group.members:
                if member not in known:
                    raise InputFault(what, value=member, wanted="members defined before it")
                if member in members:
                    raise InputFault(what, value=member, wanted="nobody as a member twice")
                members.add(member)
            known.add(group.name)

    @property
    def text(self) -> str:
        """The policy as a file, in our one form: logs, witnesses, groups, the quorum."""
        lines = [_line("log", log.key.vkey, log.url) for log in self.logs]
        lines += [_line("witness", one.name, one.key.vkey, one.url) for one in self.witnesses]
        for group in self.groups:
            count = len(group.members)
            word = {count: "all", 1: "any"}.get(group.threshold, str(group.threshold))
            lines.append(_line("group", group.name, word, *group.members))
        return "".join((*lines, _line("quorum", self.quorum)))

    @property
    def data(self) -> bytes:
        """The bytes of that file."""
        return self.text.encode("utf-8", "surrogateescape")

    def is_met_by(self, cosigned: Collection[str]) -> bool:
        """Return whether the witnesses of these names (in the policy) are a quorum.

        >>> Policy().is_met_by([])
        True
        """
        return self.quorum == NONE or self.quorum in self._witnessed(cosigned)

    def _witnessed(self, cosigned: Collection[str]) -> set[str]:
        """Return who has witnessed: those cosigners, and the groups that have thereby."""
        found = {each.name for each in self.witnesses} & set(cosigned)
        for group in self.groups:
            if sum(member in found for member in group.members) >= group.threshold:
                found.add(group.name)
        return found


_AT_MOST = f"at most {POLICY_LINES_MAX}"


def _line(*words: str) -> str:
    return " ".join(word for word in words if word) + "\n"


def _check_keys(what: str, algorithm: int, keys: Sequence[VerifierKey]) -> None:
    if len(keys) > POLICY_LINES_MAX:
        raise InputFault("policy", value=f"{len(keys)} {what} lines", wanted=_AT_MOST)
    for key in keys:
        if key.algorithm != algorithm:
            raise InputFault(
                f"{what} {key.name} algorithm", value=key.algorithm, wanted=str(algorithm)
            )
    if len({key.public for key in keys}) != len(keys):
        raise InputFault("policy", value=f"a {what} key twice", wanted="every public key once")


def _check_word(what: str, word: str) -> None:
    octets = word.encode("utf-8", "surrogateescape")
    if not word or _SPACE.search(word) or b"\n" in octets or not _ALLOWED.fullmatch(octets):
        raise InputFault(what, value=word, wanted="one word without control characters")


def make_policy(
    logs: Iterable[VerifierKey],
    cosigners: Iterable[VerifierKey],
    threshold: int | None = None,
) -> Policy:
    """Return the policy that wants `threshold` of the cosigners under a head of one of the logs.

    Each cosigner goes by its key's name. Other policies are built as `Policy`.

    Args:
        logs: the logs' keys, named as their origins.
        cosigners: the keys of mirrors and witnesses.
        threshold: how many of them, by default all.

    Raises:
        InputFault: a key is of another kind or there twice, or the threshold is out of reach.
    """
    witnesses = tuple(PolicyWitness(name=key.name, key=key) for key in cosigners)
    listed = tuple(PolicyLog(key=key) for key in logs)
    if not witnesses and not threshold:
        return Policy(logs=listed)
    names = tuple(each.name for each in witnesses)
    group = "cosigners"
    while group in names:
        group += "-group"
    wanted = len(names) if threshold is None else threshold
    groups = (PolicyGroup(name=group, threshold=wanted, members=names),)
    return Policy(logs=listed, witnesses=witnesses, groups=groups, quorum=group)


def parse_policy(data: bytes) -> Policy:
    """Return the policy of a file.

    Raises:
        PeerFault: the form is wrong, with the line; or it is longer than we read.
    """
    if len(data) > POLICY_BYTES_MAX:
        raise PeerFault("policy", value=f"{len(data)} bytes", wanted=f"at most {POLICY_BYTES_MAX}")
    if not _ALLOWED.fullmatch(data) or not data.endswith(b"\n"):
        raise PeerFault("policy", wanted="whole lines without control characters")
    reader = _Reader()
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    for number, line in enumerate(lines, 1):
        words = [word for word in _SPACE.split(line) if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            reader.take(words)
        except InputFault as fault:
            what = f"policy line {number}: {fault.what}"
            raise PeerFault(what, value=fault.value, wanted=fault.wanted) from None
    try:
        return reader.policy()
    except InputFault as fault:
        raise PeerFault(fault.what, value=fault.value, wanted=fault.wanted) from None


class _Reader:
    """Takes one line after the other: a name must have been defined on a line before."""

    def __init__(self) -> None:
        self._logs: list[PolicyLog] = []
        self._witnesses: list[PolicyWitness] = []
        self._groups: list[PolicyGroup] = []
        self._quorum: str | None = None
        self._names: set[str] = set()

    def take(self, words: list[str]) -> None:
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                self._logs.append(PolicyLog(key=parse_vkey(vkey), url="".join(words[2:])))
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                url = "".join(words[3:])
                self._witnesses.append(PolicyWitness(name=name, key=parse_vkey(vkey), url=url))
                self._names.add(name)
            case ["group", name, threshold, *members] if members:
                self._group(name, threshold, members)
            case ["quorum", name]:
                if self._quorum is not None:
                    raise InputFault("quorum", value="a second line", wanted="one")
                self._known("quorum", name if name != NONE else None)
                self._quorum = name
            case _:
                raise InputFault("line", value=" ".join(words), wanted=_FORMS)

    def _group(self, name: str, threshold: str, members: list[str]) -> None:
        number = {"all": len(members), "any": 1}.get(threshold)
        if number is None and not _THRESHOLD.fullmatch(threshold):
            raise InputFault("group threshold", value=threshold, wanted="all, any, or a decimal")
        for member in members:
            self._known(f"group {name}", member)
        found = int(threshold) if number is None else number
        self._groups.append(PolicyGroup(name=name, threshold=found, members=tuple(members)))
        self._names.add(name)

    def _known(self, what: str, name: str | None) -> None:
        if name is not None and name not in self._names:
            raise InputFault(what, value=name, wanted="names defined on lines before")

    def policy(self) -> Policy:
        if self._quorum is None:
            raise InputFault("policy", value="no quorum line", wanted="one")
        return Policy(
            logs=tuple(self._logs),
            witnesses=tuple(self._witnesses),
            groups=tuple(self._groups),
            quorum=self._quorum,
        )


_FORMS = "a line of log, witness, group or quorum as C2SP tlog-policy writes it"


def verify_quorum(data: bytes, policy: Policy) -> tuple[Cosignature, ...]:
    """Return the cosignatures of the policy's witnesses on a note, once they are a quorum.

    The log's own signature is not looked at; `verify_policy` does both.

    Raises:
        PeerFault: too few cosigned, or a cosignature of a listed witness is bad.
    """
    return _verify_quorum(parse_unverified_note(data), policy)


def _verify_quorum(note: Note, policy: Policy) -> tuple[Cosignature, ...]:
    lines = {(line.name, line.key_id) for line in note.signatures}
    there = [each for each in policy.witnesses if (each.key.name, each.key.key_id) in lines]
    held = tuple(verify_note_cosignature(note, each.key) for each in there)
    if not policy.is_met_by([each.name for each in there]):
        absent = [each.name for each in policy.witnesses if each not in there]
        raise PeerFault(
            f"quorum {policy.quorum}",
            value=f"cosigned by {', '.join(each.name for each in there) or 'nobody'}",
            wanted=f"more of {', '.join(absent)}",
        )
    return held


def verify_policy(
    data: bytes, policy: Policy, origin: str | None = None
) -> tuple[Checkpoint, tuple[Cosignature, ...]]:
    """Return the head in a note that a listed log signed and a quorum cosigned, and by whom.

    Args:
        data: the note.
        policy: it must list the log, by a key of the name of the note's origin.
        origin: the log that it must be of.

    Raises:
        PeerFault: not a head, of another log, not signed, or not cosigned by a quorum.
    """
    note = parse_unverified_note(data)
    found = parse_checkpoint_body(note.text).origin
    keys = [log.key for log in policy.logs if log.key.name == found]
    if not keys:
        listed = ", ".join(log.key.name for log in policy.logs) or "none"
        raise PeerFault("checkpoint", value=f"of log {found}", wanted=f"a listed log: {listed}")
    # After a rotation two keys may sign under one origin: the one that did is taken.
    signed = {line.key_id for line in note.signatures if line.name == found}
    key = next((key for key in keys if key.key_id in signed), keys[0])
    checkpoint = open_checkpoint(data, key, origin)
    return checkpoint, _verify_quorum(note, policy)
