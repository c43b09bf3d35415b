"""Makes docs/phrases.md (the fixed phrases) and docs/message-types.md (types, and words for them).

Both come from the data files of `world`, and from the tables by which scenarios are read.
"""

from __future__ import annotations

from builders.make_norms_page import NONE, span, table

from parley.wire.scenario.scenario_clauses import ANSWERS, KINDS_OF_OPENERS, TYPES_BY_SUBJECT
from parley.world.norms import MessageType, allowed_answers, class_norms, norms
from parley.world.phrases import CODED_FIELDS, FALLBACK, languages, phrases

PHRASES_HEAD = """# Fixed phrases

Made by `builders/make_docs.py` from `src/parley/world/phrases.toml`; not written by hand.

A message carries codes and fields, never these texts. Each side's own node says the same entry in
its own language: what two sides agree upon is the code and the fields, and nobody's translation.

- The language is that of `--language` or `?lang=`, else `language` of node.toml, else the party's
  first language in its agreements. Whoever has no phrases here reads English, and is told so.
- Numbers, times (UTC), identifiers and what a field holds stand as they were sent. In Arabic, and
  wherever a value itself runs from the right, they are set apart by the isolates U+2068 and U+2069,
  so that nothing can change place. A terminal that knows no bidirectional text shows Arabic from
  the left, and the values still in their right places in the text.
- A field without a slot follows as "name: value"; a slot without its field says that it was not
  said. The fields {coded} hold code words: the code stands beside its word.
- The original text stands as it was written; a translation stands beside it, with who made it.
"""
TYPES_HEAD = """# Message types, and words for them

Made by `builders/make_docs.py` from `src/parley/world/norms.toml` and the scenario reader; not
written by hand. What each type says in each language stands in [phrases.md](phrases.md).

The deadline is that of its class unless the type has its own; an agreement may set another, and for
`conflict.alert` its sender states half the time to the closest point where that is shorter.
Marks: **life-safety** passes while the line is suspended; **guarded** goes to its addressees only;
**about** refers to an entry and is nothing without it; **yields** asks whoever takes it to report
when it has made way; **one-sided** states the sender's own view and makes no duty for anybody else;
**machine** is answered by the addressee's node.
"""
SUBJECTS_HEAD = """What a message is about, not what it asks for. A subject may be free
words; a question about silence (`parley log silence --subject`) compares it letter by letter, so
codes are better. An answer may come on the ground: subjects are not only air."""
SCENARIO_HEAD = """A scenario's `kind` is the type with `_` for `.`, and a few words of its own.
`ack` and `read_back` are the first answer that the type allows, `refusal` the second."""
NOTE_HEAD = """The design note listed types for the first release (its section 6.2). Each is
here, some under another name, some as an entry that is no message."""
NOT_MESSAGES = {
    "query": "no message: what the sender's node asks before sending, its guard (`say` refuses "
    "until `confirmed`), or writes of a notice, `notice.differs`",
    "alert": "no message: the entry `alert.raised` in the private log of whoever finds it",
}
"""Kinds that stand in a timeline as `derived`: what a system must say, never played."""
TYPES_OF_THE_NOTE: dict[str, tuple[str, ...] | str] = {
    "distress.relay": ("distress.relay",),
    "sar.intent": ("sar.intent",),
    "airspace.hazard.now": ("airspace.hazard.now",),
    "conflict.alert": ("conflict.alert",),
    "resolution.propose": ("resolution.propose",),
    "resolution.counter": ("resolution.counter",),
    "cease.request": ("cease.request",),
    "identify.request": ("identify.request",),
    "identify.reply": "the answer REPLY to `identify.request`, field `whose`",
    "line.crossing.notice": ("line.crossing.notice",),
    "reposition.notice": ("reposition.notice",),
    "intent.notice": ("intent.notice",),
    "intent.change": ("intent.change",),
    "intent.cancel": ("intent.cancel",),
    "intent.conflict.query": ("intent.conflict.query",),
    "psi.session.request": ("psi.session.request",),
    "psi.session.result": ("psi.session.result",),
    "zone.activate": ("zone.activate",),
    "zone.modify": ("zone.modify",),
    "zone.deactivate": ("zone.deactivate",),
    "humanitarian.notice": ("humanitarian.notice",),
    "humanitarian.update": ("humanitarian.update",),
    "humanitarian.withdraw": ("humanitarian.withdraw",),
    "emission.notice": ("emission.notice",),
    "exercise.notice": ("exercise.notice",),
    "line.test": ("line.test", "line.test.machine"),
    "line.test.reply": "the answer REPLY to `line.test`, field `nonce`",
    "line.state": ("line.state",),
    "presence": "no message: the entry `presence.declared`; heartbeats are no entries",
    "authority.change": ("authority.change",),
    "key.rotate": ("key.rotate",),
    "key.revoke": ("key.revoke",),
    "agreement.propose": ("agreement.propose",),
    "agreement.sign": ("agreement.sign",),
    "agreement.amend": ("agreement.amend",),
    "agreement.suspend": ("agreement.suspend",),
    "agreement.resume": ("agreement.resume",),
    "incident.open": ("incident.open",),
    "preserve.request": ("preserve.request",),
    "report.share": ("report.share",),
    "measures": ("measures.report",),
    "clarify.request": ("clarify.request",),
    "correction": ("correction",),
    "translation.of": "no message: the entry `message.translated`, beside the original",
    "free.text": ("free.text",),
}
"""Each type that the note names, to ours or to what stands for it."""


def _marks(kind: MessageType) -> str:
    marks = {
        "life-safety": kind.life_safety, "guarded": kind.guarded, "about": kind.about,
        "yields": kind.asks_to_yield, "one-sided": kind.one_sided, "machine": kind.machine,
    }  # fmt: skip
    return ", ".join(name for name, has in marks.items() if has)


def _type_row(kind: MessageType) -> list[object]:
    answered_s = kind.answered_s or class_norms(kind.message_class).answered_s
    reply = "; ".join(f"{name}: {', '.join(words)}" for name, words in kind.reply.items())
    return [
        f"`{kind.name}`",
        kind.message_class,
        kind.attribute,
        ", ".join(allowed_answers(kind)) + (f" ({reply})" if reply else "") or NONE,
        span(answered_s) if allowed_answers(kind) else NONE,
        ", ".join(kind.read_back) or NONE,
        _marks(kind),
        phrases().message[kind.name][FALLBACK],
    ]


def _scenario_rows() -> list[list[object]]:
    rows: list[list[object]] = []
    for kind, name in sorted(KINDS_OF_OPENERS.items()):
        answers = allowed_answers(next(t for t in norms().types if t.name == name))
        ack = answers[0] if answers else NONE
        refusal = answers[1] if len(answers) > 1 and answers[1] != "STANDBY" else NONE
        rows.append([f"`{kind}`", f"`{name}`", ack, refusal])
    for (kind, subject), name in TYPES_BY_SUBJECT.items():
        rows.append([f"`{kind}` with subject `{subject}`", f"`{name}`", "ROGER", "UNABLE"])
    rows += [[f"`{word}`", f"the answer to `of`: {_answer(word)}", NONE, NONE] for word in ANSWERS]
    rows += [[f"`{kind}`", said, NONE, NONE] for kind, said in NOT_MESSAGES.items()]
    return rows


def _answer(word: str) -> str:
    return {
        "ack": "the first that its type allows",
        "read_back": "the first that its type allows, with the fields read back",
        "refusal": "the second that its type allows, with the reason",
    }[word]


def _note_rows() -> list[list[object]]:
    return [
        [f"`{name}`", ours if isinstance(ours, str) else ", ".join(f"`{each}`" for each in ours)]
        for name, ours in TYPES_OF_THE_NOTE.items()
    ]


def types_page() -> str:
    """Return docs/message-types.md."""
    heads = ("type", "class", "attribute", "answers", "answer within", "read back", "marks", "says")
    subjects = [
        [f"`{s.code}`", phrases().subject[s.code][FALLBACK], ", ".join(s.also)]
        for s in norms().subjects
    ]
    parts = [
        TYPES_HEAD.rstrip(),
        table(heads, [_type_row(kind) for kind in norms().types]),
        "## Subject codes",
        SUBJECTS_HEAD,
        table(("code", "means", "words that suggest it"), subjects),
        "## The scenarios' kinds of message",
        SCENARIO_HEAD,
        table(("kind", "type", "`ack` and `read_back` are", "`refusal` is"), _scenario_rows()),
        "## The types of the design note",
        NOTE_HEAD,
        table(("in the note", "here"), _note_rows()),
    ]
    return "\n\n".join(parts) + "\n"


def phrases_page() -> str:
    """Return docs/phrases.md."""
    known = languages()
    reviewed = [
        [each.own_name, each.name, f"`{each.code}`", "from the right" if each.direction == "rtl"
         else "from the left", "yes" if each.reviewed else "no: a native review is owed"]
        for each in known
    ]  # fmt: skip
    parts = [
        PHRASES_HEAD.replace("{coded}", ", ".join(f"`{name}`" for name in CODED_FIELDS)).rstrip(),
        table(("language", "in English", "code", "runs", "reviewed by a native speaker"), reviewed),
    ]
    titles = {
        "type": "Message types", "answer": "Answers", "class": "Classes",
        "glance": "The line in one word",
        "agreement": "Agreement, per party", "link": "Link", "attended": "Attended", "test": "Test",
        "call": "What became of a call", "relay": "What became of a relay",
        "receipt": "How far a message got", "value": "Words that fields hold",
        "subject": "Subject codes", "field": "Names of fields",
        "around": "Words around the phrases",
    }  # fmt: skip
    tables = phrases().tables()
    assert set(titles) == set(tables), "a table of phrases without a title"
    for kind, title in titles.items():
        rows = [
            [f"`{code}`", *(texts[each.code] for each in known)]
            for code, texts in tables[kind].items()
        ]
        parts += [f"## {title}", table(("code", *(each.own_name for each in known)), rows)]
    return "\n\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """Return docs/phrases.md and docs/message-types.md."""
    return {"docs/phrases.md": phrases_page(), "docs/message-types.md": types_page()}
