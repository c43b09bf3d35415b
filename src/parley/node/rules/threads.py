"""Messages that hang together: corrections, cancellations, translations, replies.

Rules:
- Only its sender corrects or cancels a message, and from then on it is over for whom that was told:
  nobody is called for it any more, and the correction has its own deadline.
- What a message hangs on is what its first reference names. A correction of an answer to an own
  message names that message as well (`saying`), so that what is over is found without a search.
- A translation stands beside the original, by either end, marked by whom and how; it goes to whom
  the message went, and is destroyed with it.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from parley.node.entries import Draft, Entry, MessageAnswered
from parley.node.inputs import AddTranslation
from parley.node.line_bodies import MessageTranslated
from parley.node.rules.agreements import adopted_agreement, check_own_post
from parley.node.rules.custody import guarded, opened_here
from parley.node.state import Key, Scope, State, Thread, key_of, order_of, rank_of, written_us
from parley.world.faults import InputFault
from parley.world.time import format_second

LINE_RULES = 3
"""From this rules version on a message can be corrected, cancelled and translated."""
EndWord = Literal["corrected", "cancelled", "withdrawn"]
_ENDS: dict[str, EndWord] = {
    "correction": "corrected",
    "cancel": "cancelled",
    "humanitarian.update": "corrected",
    "humanitarian.withdraw": "cancelled",
    "intent.change": "corrected",
    "intent.cancel": "cancelled",
    "objection.withdraw": "withdrawn",
}
_OF_ANY = ("correction", "cancel")
TRANSLATIONS_SHOWN_MAX = 32


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """By what a message is over: the sender's own later message, and since when."""

    word: EndWord
    by: Key
    at_us: int

    @property
    def text(self) -> str:
        """It as one line."""
        return f"{self.word} by {self.by[0]} {self.by[1]} at {format_second(self.at_us)}"


class Hanging(msgspec.Struct, frozen=True, kw_only=True):
    """A message or an answer; `what` is its type, `under` what it hangs on, `depth` how deep."""

    key: Key
    what: str
    party: str
    at_us: int
    under: Key | None = None
    depth: int = 0


class HangingTree(msgspec.Struct, frozen=True, kw_only=True):
    """All that hangs together: each row stands right below what it hangs on.

    A flat list, as a peer chooses how deep it goes.
    """

    rows: tuple[Hanging, ...]

    @property
    def key(self) -> Key:
        """The first message of it."""
        return self.rows[0].key

    def places(self) -> tuple[Key, ...]:
        """Return the places of all of it."""
        return tuple(row.key for row in self.rows)

    def below(self, key: Key) -> tuple[Hanging, ...]:
        """Return what hangs on one of them, in reading order."""
        return tuple(row for row in self.rows if row.under == key)


class Translation(msgspec.Struct, frozen=True, kw_only=True):
    """A translation as it stands beside its message: into what, by which post of whom, how."""

    key: Key
    language: str
    text: str
    how: str
    party: str
    post: str
    at_us: int


def find_thread(state: State, key: Key) -> tuple[Scope, Thread]:
    """Return the scope and thread of a message that is held here.

    Raises:
        InputFault: there is no such message here.
    """
    for scope in state.scopes.values():
        thread = scope.threads.get(key)
        if thread is not None and thread.said is not None:
            return scope, thread
    raise InputFault("message", value=f"{key[0]} entry {key[1]}", wanted="a message held here")


def thread_about(scope: Scope, key: Key) -> Thread | None:
    """Return the message that stands at a place, or to which an answer stands there; else None."""
    known = scope.threads.get(key)
    if known is not None and known.said is not None:
        return known
    # An answer is looked up by the few who correct one, never by a tick.
    return next((t for t in scope.threads.values() if t.said and key in t.answers), None)


# ---- over ---------------------------------------------------------------------------------------


def ends(message_type: str, of_type: str) -> EndWord | None:
    """Return what a message of one type makes of an own earlier one of another, or None.

    >>> ends("cancel", "clearance"), ends("intent.cancel", "clearance")
    ('cancelled', None)
    """
    word = _ENDS.get(message_type)
    same = message_type.partition(".")[0] == of_type.partition(".")[0]
    return word if word is not None and (message_type in _OF_ANY or same) else None


def ending_of(scope: Scope, thread: Thread, party: str | None = None) -> Ending | None:
    """Return by what a message is over: the first that its own sender wrote, or None.

    Args:
        scope: the record.
        thread: the message.
        party: an addressee: what was not told to it does not end it for it.
    """
    said = thread.said
    if said is None or scope.rules.version < LINE_RULES:
        return None
    found: list[tuple[Entry, EndWord]] = []
    for key in scope.index.about.get(thread.key, ()):
        other = scope.threads.get(key)
        if other is None or other.said is None or other.said.log.party != said.log.party:
            continue
        word = ends(other.body.message_type, thread.body.message_type)
        told = party is None or party in other.said.to
        if word is not None and told and _names(thread, other.said):
            found.append((other.said, word))
    if not found:
        return None
    first, word = min(found, key=lambda each: rank_of(each[0]))
    return Ending(word=word, by=key_of(first), at_us=written_us(first))


def _names(thread: Thread, entry: Entry) -> bool:
    """Whether an entry refers to a message, and to these very bytes."""
    return any(ref.key == thread.key and ref.leaf == thread.leaf for ref in entry.ref)


def expired(thread: Thread, now_us: int) -> bool:
    """Whether the valid-until of a message has passed."""
    until_us = thread.said.valid_until_us if thread.said is not None else None
    return until_us is not None and now_us > until_us


# ---- the tree -----------------------------------------------------------------------------------


def root_of(scope: Scope, key: Key) -> Key:
    """Return the first message of what a message or an answer hangs in."""
    seen: set[Key] = set()
    while key not in seen:
        seen.add(key)
        thread = thread_about(scope, key)
        if thread is None or thread.said is None:
            return key
        refs = thread.said.ref
        if not refs or thread_about(scope, refs[0].key) is None:
            return thread.key
        key = refs[0].key
    return key


def thread_tree(scope: Scope, key: Key) -> HangingTree | None:
    """Return all that hangs together with a message or an answer, from its first message down.

    None where nothing is held of it. What refers in a circle is shown once.
    """
    rows: list[Hanging] = []
    seen: set[Key] = set()
    first = _hanging(scope, root_of(scope, key), None, 0)
    waiting = [first] if first is not None else []
    # By a list and not by calling itself: whoever answers an answer chooses how deep this goes.
    while waiting:
        row = waiting.pop()
        if row.key in seen:
            continue
        seen.add(row.key)
        rows.append(row)
        waiting += reversed(_below(scope, row))
    return HangingTree(rows=tuple(rows)) if rows else None


def _hanging(scope: Scope, key: Key, under: Key | None, depth: int) -> Hanging | None:
    thread = scope.threads.get(key)
    if thread is None or thread.said is None:
        return None
    what, said = thread.body.message_type, thread.said
    return Hanging(
        key=key, what=what, party=said.log.party, at_us=said.issued_us, under=under, depth=depth
    )


def _below(scope: Scope, row: Hanging) -> list[Hanging]:
    """Return the messages that name a message or an answer, and the answers to it, by time."""
    depth = row.depth + 1
    messages = (_hanging(scope, k, row.key, depth) for k in scope.index.about.get(row.key, ()))
    found = [each for each in messages if each is not None]
    thread = scope.threads.get(row.key)
    for key, answer in thread.answers.items() if thread is not None else ():
        assert isinstance(answer.body, MessageAnswered)
        found.append(
            Hanging(
                key=key,
                what=answer.body.answer,
                party=answer.log.party,
                at_us=answer.issued_us,
                under=row.key,
                depth=depth,
            )
        )
    return sorted(found, key=lambda each: (each.at_us, each.key))


# ---- translations -------------------------------------------------------------------------------


def add_translation(state: State, act: AddTranslation) -> Draft:
    """Return the entry of a translation beside a message.

    Raises:
        InputFault: a message that is not held here, of rules before version 3, between others, or
            guarded and not opened here; no language; no text.
    """
    scope, thread = find_thread(state, act.ref)
    assert thread.said is not None
    if scope.rules.version < LINE_RULES:
        wanted = f"an agreement that pins rules version {LINE_RULES}"
        raise InputFault("translation", value=f"under version {scope.rules.version}", wanted=wanted)
    check_own_post(adopted_agreement(state, scope.agreement_id), state.party, act.post)
    ends_of_it = (thread.said.log.party, *thread.said.to)
    if state.party not in ends_of_it:
        wanted = f"by {', '.join(ends_of_it)}"
        raise InputFault("translation", value=f"by {state.party}", wanted=wanted)
    if not 2 <= len(act.language) <= 12 or not act.language.replace("-", "").isalnum():
        wanted = "a language tag, 2 to 12 letters, e.g. ru"
        raise InputFault("translation language", value=act.language, wanted=wanted)
    if not act.text.strip():
        raise InputFault("translation text", value="", wanted="the text in that language")
    if guarded(thread) and thread.said.log.party != state.party:
        _check_opened(state, scope, thread)
    return Draft(
        agreement=scope.agreement_id,
        by=act.post,
        to=tuple(party for party in ends_of_it if party != state.party),
        ref=(state.reference(act.ref),),
        status=thread.said.status,
        audience=thread.said.audience,
        body=MessageTranslated(language=act.language, text=act.text, how=act.how, post=act.post),
    )


def _check_opened(state: State, scope: Scope, thread: Thread) -> None:
    if not opened_here(state, scope, thread.key):
        raise InputFault(
            f"translation of {thread.body.message_type}",
            value="before anybody here opened it",
            wanted="a post that has read what it translates",
            repair="open it first: parley notice open, or on the page",
        )


def translations_of(scope: Scope, thread: Thread) -> tuple[Translation, ...]:
    """Return the translations beside a message, in reading order: those by either end of it."""
    said = thread.said
    if said is None:
        return ()
    ends_of_it = (said.log.party, *said.to)
    entries = sorted(scope.line.translations.get(thread.key, {}).values(), key=order_of)
    found = [
        Translation(
            key=key_of(entry),
            language=entry.body.language,
            text=entry.body.text,
            how=entry.body.how,
            party=entry.log.party,
            post=entry.body.post,
            at_us=entry.issued_us,
        )
        for entry in entries
        if isinstance(entry.body, MessageTranslated)
        and entry.log.party in ends_of_it
        and entry.ref[0].leaf == thread.leaf
    ]
    return tuple(found[-TRANSLATIONS_SHOWN_MAX:])
