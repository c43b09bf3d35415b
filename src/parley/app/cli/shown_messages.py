"""What `parley answer` does around its answer: show what waits, write that it was displayed.

Imported when that command runs. Here nothing is decided: the node refuses what cannot be.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import msgspec

from parley.app.act_views import ActDone, EntryView
from parley.app.client import Client
from parley.app.message_notes import ladder_lines, marks_of, notes_of, outcome_text
from parley.app.message_views import MessageView
from parley.app.page_html import Shown
from parley.app.reading import words_for
from parley.app.unit_views import unit_lines
from parley.app.views import StatusView
from parley.node.rules.hotline import POSITIVE
from parley.world.faults import InputFault
from parley.world.message_words import words_lines
from parley.world.phrases import reader_language
from parley.world.time import format_second
from parley.world.verdict import compare_read_back


def own_party(client: Client) -> str:
    """Return whose node it is."""
    return client.get("/api/status", StatusView).party


def lost_lines(status: StatusView) -> list[str]:
    """Return what peers hold of our own logs and this node lost: their messages are not shown."""
    return [
        f"{peer.party} says that it holds entries of ours that this node does not have, in "
        f"{peer.claims_more_of}: what was said there is not shown here; ask it for its export"
        for peer in status.peers
        if peer.claims_more_of
    ]


def displayed(client: Client, key: tuple[str, int], post: str, word: str) -> MessageView | None:
    """Return the message that is answered, once it is written that it was displayed to the post.

    Raises:
        InputFault: a guarded notice that nobody here has opened: who has not read it has nothing
            to acknowledge.
    """
    rows = client.get("/api/messages?open=true", tuple[MessageView, ...])
    view = next((each for each in rows if each.key == key), None)
    if view is not None and view.reading == "guarded" and view.awaits_us and word in POSITIVE:
        raise InputFault(
            f"notice {key[0]} {key[1]}",
            value="not opened here",
            wanted="one that was read before it is answered",
            repair=f"open it first: parley notice open {key[0]} {key[1]}",
        )
    if view is None or view.reading == "guarded":
        return None
    own = own_party(client)
    if any(step.party == own and step.displayed_us is None for step in view.ladder):
        # A receipt that cannot be written must not keep the answer back: that says its own reason.
        with contextlib.suppress(InputFault):
            client.post("/api/acts", {"type": "display", "ref": key, "post": post}, ActDone)
    return view


def read_otherwise(view: MessageView | None, word: str, fields: dict[str, str]) -> Sequence[str]:
    """Return what was read back otherwise than it was said, as the sender will find it too."""
    if view is None or word not in POSITIVE:
        return ()
    found = compare_read_back(view.fields, fields, view.read_back)
    return [
        f"read-back differs: {each.field}: said {each.said}, read {each.read or 'nothing'}"
        for each in found
    ]


def message_lines(view: MessageView, own: str, language: str = "en") -> list[str]:
    """Return an open message in lines: what it says, what it asks for, how far it got with whom.

    Args:
        view: the message.
        own: whose node it is.
        language: in which its fixed phrase is told; translations stand with it.
    """
    due = format_second(view.answer_due_us) if view.answer_due_us else "no time set"
    fields = ", ".join(f"{name} {value}" for name, value in view.fields.items())
    said = "; ".join(part for part in (view.text, fields) if part) or view.subject
    asks = f"AWAITS US: {', '.join(view.may_answer)}; " if view.awaits_us else ""
    back = f"; read back {', '.join(view.read_back)}" if view.read_back else ""
    until = ""
    if view.valid_until_us is not None:
        word = "EXPIRED" if view.expired else "valid until"
        until = f"; {word} {format_second(view.valid_until_us)}"
    lines = [
        f"{view.key[0]} {view.key[1]}",
        f"  {view.message_type} {view.message_class} from {view.party} on {view.line}: "
        + said.replace("\n", " / "),
        *phrase_lines(view, language),
        *(f"  {text}" for text in (*marks_of(view), *notes_of(view))),
        f"  {asks}due {due}{back}{until}",
    ]
    for step in view.ladder:
        displayed = "yes" if step.displayed_us is not None else "no"
        answered = step.answer.answer if step.answer else "no"
        overdue = f"; OVERDUE: {', '.join(step.overdue)}" if step.overdue else ""
        receipt = "yes" if step.received_us is not None else "no"
        cosigned = "yes" if step.cosigned_us is not None else "no"
        # Nobody gives itself a receipt: on the addressee's own node there is none to lack.
        told = "" if step.party == own else f" (receipt {receipt}, cosigned {cosigned})"
        wrong = f": {'; '.join(step.differences)}; say it again" if step.misread else ""
        lines.append(
            f"  {step.party}: stored {step.stored}{told}, displayed {displayed}, "
            f"answered {answered}, read-back {step.read_back}{wrong}{overdue}"
        )
        lines.append(f"    outcome {outcome_text(step)}")
        lines += [f"    {text}" for text in ladder_lines(step)]
    lines += [f"  {text}" for each in view.units for text in unit_lines(each)]
    return [*lines, f"  {signed_text(view)}"]


def phrase_lines(view: MessageView, language: str) -> list[str]:
    """Return what a message says in a language, and its translations; none where it is sealed."""
    words = words_for(view, reader_language(language))
    if words is None:
        return []
    plain = msgspec.structs.replace(words, original="")
    return [Shown(f"  {line}") for line in words_lines(plain)]


def signed_text(view: MessageView) -> str:
    """Return who has signed a message, and whose signature does not count, with the reason."""
    counting = [f"{each.operator} at {each.post}" for each in view.signatures if each.counts]
    others = [
        f"; NOT COUNTING: {each.operator}: {each.why}"
        for each in view.signatures
        if not each.counts
    ]
    by = f" by {', '.join(counting)}" if counting else ""
    return f"{view.signed}{by}{''.join(others)}"


def reference_of(client: Client, key: tuple[str, int]) -> dict[str, object]:
    """Return the reference to an entry that the node holds: place and leaf hash.

    Raises:
        InputFault: the node does not hold it.
    """
    log, index = key
    path = f"/api/logs/{log}/entries?start={index}&end={index + 1}"
    found = client.get(path, tuple[EntryView, ...])
    if not found:
        raise InputFault("entry", value=f"{log} {index}", wanted="an entry held by the node")
    return {"log": log, "index": index, "leaf": found[0].leaf}
