"""What a typed line of the watch means: acts for the node, or something for the screen alone.

Rules:
- Nothing is guessed: a number that is not there, a word that is not offered, a party that is at no
  line is refused in one line, and the text stays to be mended.
- An answer is never filled in: the word and every value that is read back are typed by a person.
- What cannot be taken back (suspending a line) names its line in full.

What does not live here: what the node refuses. It checks everything again.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from parley.app.message_views import MessageView
from parley.app.watch_model import Key, Watch, span
from parley.node.line_bodies import CALL_OUTCOMES
from parley.node.rules.hotline import POSITIVE
from parley.node.rules.lines import LineVector
from parley.world.faults import InputFault, nearest
from parley.world.norms import message_type, norms
from parley.world.units import parse_seconds

Body = dict[str, object]
HELP = """\
a N                      answer message N: says with which words
a N WILCO level=FL120    answer and read back; a value may have several words
a N UNABLE reason        refuse; a N STANDBY 30s: once, before it is due
s PARTY TYPE name=value text
                         say; several words in one value: name="two words"
                         +class=URGENT +valid=30min +re=N +line=L1
                         +subject=X +confirmed
k N, k all               take alarm N, every alarm: silent, not answered
t [LINE]                 test the line: words for the other end to read back
c PARTY OUTCOME 4min subject=air text
                         enter a call that ended now (+received: theirs):
                         talked, no-answer, refused, technical-failure
p, leave                 you are at your post, you leave it (any key renews it)
suspend LINE reason      suspend your side, after the notice of the agreement
resume LINE              your side is in force again
tr N LANGUAGE text       put a translation beside message N
v N, Up, Down            show message N; PgUp, PgDn scroll
h [1h]                   what was said in the last hour, with its words
?, q                     this help; end the watch here (the node runs on)"""
"""Rows of at most 80 characters: nothing of it is cut off on a narrow terminal."""
_OUTCOMES = {each.replace(" ", "-"): each for each in CALL_OUTCOMES}


@dataclass(frozen=True, slots=True)
class Typed:
    """What a typed line comes to.

    Attributes:
        acts: bodies for `/api/acts`, in order.
        refs: entries that the last act refers to; whoever sends it adds their hashes.
        fill: what stands in the input line afterwards.
        told: for the result line.
        select: the message to show.
        leave: the watch ends.
        help: the help is shown.
        since_us: what was said from then on is asked for and shown.
        answered: the message that the act answers, with what is read back.
    """

    acts: tuple[Body, ...] = ()
    refs: tuple[Key, ...] = ()
    fill: str = ""
    told: str = ""
    select: Key | None = None
    leave: bool = False
    help: bool = False
    since_us: int | None = None
    answered: tuple[MessageView, str, dict[str, str]] | None = None


def read_line(watch: Watch, text: str, now_us: int) -> Typed:
    """Return what a typed line comes to.

    Raises:
        InputFault: it cannot be meant so; nothing is sent.
    """
    try:
        words = _words(text)
    except ValueError:
        raise InputFault(
            "line", value='an odd number of "', wanted='each " closed by one'
        ) from None
    if not words:
        return Typed()
    word, rest = words[0], words[1:]
    if word in ("?", "help"):
        return Typed(help=True)
    if word == "q":
        return Typed(leave=True)
    known: dict[str, Callable[[Watch, list[str], int], Typed]] = {
        "a": _answer, "s": _say, "k": _take, "t": _test, "c": _call, "p": _present,
        "leave": _leave, "suspend": _suspend, "resume": _resume, "tr": _translate, "v": _view,
        "h": _history,
    }  # fmt: skip
    if word not in known:
        close = nearest(word, list(known))
        repair = f"did you mean {close!r}?" if close else ""
        raise InputFault("line", value=word, wanted="a command (? lists them)", repair=repair)
    return known[word](watch, rest, now_us)


def _words(text: str) -> list[str]:
    """Return the words of a line; only " keeps blanks together.

    An apostrophe is a letter here, and a backslash too: people write don't, and Ja'Din.

    Raises:
        ValueError: a quote that is not closed.
    """
    reader = shlex.shlex(text, posix=True, punctuation_chars=False)
    reader.whitespace_split = True
    reader.quotes, reader.escape, reader.commenters = '"', "", ""
    return list(reader)


# ---- messages -----------------------------------------------------------------------------------


def _numbered(watch: Watch, rest: list[str]) -> MessageView:
    if not rest or not rest[0].isascii() or not rest[0].isdigit():
        given = rest[0] if rest else "nothing"
        raise InputFault("message number", value=given, wanted="a number of the list")
    view = watch.message(watch.named(int(rest[0])))
    if view is None:
        raise InputFault("message number", value=rest[0], wanted="an open message of the list")
    return view


def _answer(watch: Watch, rest: list[str], now_us: int) -> Typed:
    view = _numbered(watch, rest)
    number = watch.number(view.key)
    offered = ", ".join(view.may_answer)
    if not view.awaits_us:
        raise InputFault(f"message {number}", value="not waiting for us", wanted="one that does")
    if len(rest) == 1:
        return Typed(fill=f"a {number} ", told=f"say {offered}", select=view.key)
    word = rest[1].upper()
    if word not in view.may_answer:
        close = nearest(word, view.may_answer)
        raise InputFault(
            f"answer to message {number}", value=rest[1], wanted=f"one of {offered}",
            repair=f"did you mean {close!r}?" if close else "",
        )  # fmt: skip
    fields, words, _ = _parts(_values_joined(view, rest[2:]))
    body: Body = {"type": "answer", "ref": view.key, "post": watch.post, "answer": word}
    if word == "STANDBY":
        if not words:
            raise InputFault("STANDBY", wanted=f"how long, e.g. a {number} STANDBY 30s")
        promised_us = now_us + round(parse_seconds(words[0], "STANDBY") * 1_000_000)
        due_us = view.answer_due_us
        if due_us is not None and promised_us > due_us:
            left = f"at most {span(due_us - now_us)}" if due_us > now_us else "nothing: it is late"
            wanted = f"{left}, the time that is left for the answer"
            raise InputFault("STANDBY", value=words[0], wanted=wanted)
        body["promised_us"] = promised_us
        words = words[1:]
    missing = [name for name in view.read_back if not fields.get(name)]
    if word in POSITIVE and missing:
        names = " ".join(f"{name}=" for name in view.read_back)
        said = " ".join(f"{n}={_quoted(fields[n])}" for n in view.read_back if fields.get(n))
        asked = " ".join(f"{name}=" for name in missing)
        fill = f"a {number} {word} {' '.join(part for part in (said, asked) if part)}"
        return Typed(fill=fill, told=f"read back what it says: {names}", select=view.key)
    body |= {"fields": fields, "text": " ".join(words)}
    return Typed(acts=(body,), told=f"{word} to {number}", answered=(view, word, fields))


def _values_joined(view: MessageView, words: list[str]) -> list[str]:
    """Return the words of an answer, those that belong to one value that is read back as one.

    A value was said with so many words: as many are taken for it, up to the next name=.
    """
    joined: list[str] = []
    room = 0
    for word in words:
        name, equals, _ = word.partition("=")
        if equals and name in view.read_back:
            room = len(view.fields.get(name, "").split()) - len(word[len(name) + 1 :].split())
            joined.append(word)
        elif room > 0 and joined:
            joined[-1] = (
                f"{joined[-1]} {word}" if not joined[-1].endswith("=") else joined[-1] + word
            )
            room -= 1
        else:
            joined.append(word)
    return joined


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value


def _say(watch: Watch, rest: list[str], now_us: int) -> Typed:
    if len(rest) < 2:
        raise InputFault("s", wanted="s PARTY TYPE name=value text")
    to = tuple(part for part in rest[0].split(",") if part)
    kind = message_type(rest[1])
    fields, words, options = _parts(rest[2:])
    line = _line_with(watch, to, options.pop("line", ""))
    body: Body = {
        "type": "say", "agreement": line.agreement, "line": line.line, "post": watch.post,
        "to": to, "message_type": kind.name, "fields": fields, "text": " ".join(words),
    }  # fmt: skip
    if watch.language:
        body["language"] = watch.language
    refs: tuple[Key, ...] = ()
    for name, value in options.items():
        if name == "class":
            body["message_class"] = value.upper()
        elif name == "valid":
            body["valid_until_us"] = now_us + round(parse_seconds(value, "+valid") * 1_000_000)
        elif name == "re":
            refs = (_numbered(watch, [value]).key,)
        elif name == "subject":
            body["subject"] = value
        elif name == "confirmed":
            body["confirmed"] = True
        else:
            wanted = "+class, +valid, +re, +line, +subject or +confirmed"
            raise InputFault("option", value=f"+{name}", wanted=wanted)
    said = "; ".join([*(f"{name} {value}" for name, value in fields.items()), " ".join(words)])
    told = f"said {kind.name} to {', '.join(to)}: {said.strip('; ')}"
    return Typed(acts=(body,), refs=refs, told=told)


def _parts(words: Iterable[str]) -> tuple[dict[str, str], list[str], dict[str, str]]:
    """Return fields (name=value), the other words, and options (+name or +name=value)."""
    fields: dict[str, str] = {}
    options: dict[str, str] = {}
    others: list[str] = []
    for word in words:
        name, equals, value = word.partition("=")
        if word.startswith("+") and len(word) > 1 and not word[1].isdigit():
            options[name[1:]] = value
        elif equals and name.replace("_", "").replace(".", "").isalnum() and not others:
            if name in fields:
                raise InputFault("field", value=name, wanted="each name once")
            fields[name] = value
        else:
            others.append(word)
    return fields, others, options


def _translate(watch: Watch, rest: list[str], now_us: int) -> Typed:
    del now_us
    view = _numbered(watch, rest)
    if len(rest) < 3:
        raise InputFault("tr", wanted="tr N LANGUAGE text")
    body: Body = {
        "type": "add_translation", "ref": view.key, "post": watch.post, "language": rest[1],
        "text": " ".join(rest[2:]),
    }  # fmt: skip
    return Typed(acts=(body,), told=f"translation beside {rest[0]}", select=view.key)


def _view(watch: Watch, rest: list[str], now_us: int) -> Typed:
    del now_us
    return Typed(select=_numbered(watch, rest).key)


def _history(watch: Watch, rest: list[str], now_us: int) -> Typed:
    del watch
    asked = rest[0] if rest else "1h"
    back_us = round(parse_seconds(asked, "h") * 1_000_000)
    return Typed(since_us=max(0, now_us - back_us), told=f"said by people in the last {asked}")


# ---- alarms, tests, calls, presence -------------------------------------------------------------


def _take(watch: Watch, rest: list[str], now_us: int) -> Typed:
    del now_us
    alarms = watch.picture.alarms if watch.picture is not None else ()
    standing = [each for each in alarms if not each.silent]
    if rest[:1] != ["all"]:
        digits = rest[0] if rest else ""
        name = watch.named(int(digits)) if digits.isascii() and digits.isdigit() else None
        standing = [each for each in standing if each.name == name]
    if not standing:
        value = rest[0] if rest else "nothing"
        raise InputFault("alarm", value=value, wanted="the number of an alarm that sounds, or all")
    acts: tuple[Body, ...] = tuple(
        {
            "type": "acknowledge_alarm", "agreement": each.agreement, "alarm": each.name,
            "post": watch.post, "text": " ".join(rest[1:]),
        }
        for each in standing
    )  # fmt: skip
    return Typed(acts=acts, told=f"{len(acts)} taken: silent here, still to be done")


def _test(watch: Watch, rest: list[str], now_us: int) -> Typed:
    del now_us
    acts: tuple[Body, ...] = tuple(
        {"type": "test_line", "agreement": v.agreement, "line": v.line, "post": watch.post}
        for v in _lines(watch, rest[:1])
    )
    return Typed(acts=acts, told="line test sent: the other end reads the words back")


def _call(watch: Watch, rest: list[str], now_us: int) -> Typed:
    if len(rest) < 2 or rest[1].lower() not in _OUTCOMES:
        outcomes = ", ".join(_OUTCOMES)
        raise InputFault("c", wanted=f"c PARTY OUTCOME [4min] subject=... text ({outcomes})")
    outcome = _OUTCOMES[rest[1].lower()]
    given, began_us = rest[2:], now_us
    if given and given[0][:1].isdigit() and "=" not in given[0]:
        began_us = now_us - round(parse_seconds(given[0], "call duration") * 1_000_000)
        given = given[1:]
    fields, words, options = _parts(given)
    line = _line_with(watch, (rest[0],), options.get("line", ""))
    text = " ".join(words)
    body: Body = {
        "type": "log_call", "agreement": line.agreement, "line": line.line, "post": watch.post,
        "party": rest[0], "outcome": outcome, "began_us": began_us, "ended_us": now_us,
        "direction": "received" if "received" in options else "placed",
        "subject": fields.pop("subject", ""), "recorder": fields.pop("recorder", ""),
        "spoke_with": fields.pop("with", ""), "fields": fields,
    }  # fmt: skip
    body["text" if outcome == "talked" else "reason"] = text
    if outcome == "talked" and not body["subject"]:
        wanted = "subject=air, or another word for what it was about, before the text"
        raise InputFault("c", value="no subject", wanted=wanted)
    lasted = f", {span(now_us - began_us)}" if began_us < now_us else ""
    return Typed(acts=(body,), told=f"call with {rest[0]} entered: {outcome}{lasted}")


def _present(watch: Watch, rest: list[str], now_us: int) -> Typed:
    del now_us
    return Typed(acts=presence(watch, rest[:1], present=True), told="you are at your post")


def _leave(watch: Watch, rest: list[str], now_us: int) -> Typed:
    del now_us
    return Typed(acts=presence(watch, rest[:1], present=False), told="you have left your post")


def presence(watch: Watch, only: list[str], *, present: bool) -> tuple[Body, ...]:
    """Return the acts that say somebody is, or is no longer, at this post, for each line."""
    return tuple(
        {
            "type": "be_present", "agreement": v.agreement, "line": v.line, "post": watch.post,
            "present": present,
        }
        for v in _lines(watch, only)
    )  # fmt: skip


def _suspend(watch: Watch, rest: list[str], now_us: int) -> Typed:
    del now_us
    if len(rest) < 2:
        raise InputFault("suspend", wanted="suspend LINE reason: both in full")
    return _declare(watch, rest, "suspended")


def _resume(watch: Watch, rest: list[str], now_us: int) -> Typed:
    del now_us
    if not rest:
        raise InputFault("resume", wanted="resume LINE")
    return _declare(watch, rest, "in force")


def _declare(watch: Watch, rest: list[str], value: str) -> Typed:
    line = _lines(watch, rest[:1])[0]
    body: Body = {
        "type": "declare_line", "agreement": line.agreement, "line": line.line,
        "post": watch.post, "value": value, "reason": " ".join(rest[1:]),
    }  # fmt: skip
    told = f"said: our side of {line.line} {value}"
    if value == "suspended":
        told += ", after the notice of the agreement; until the time above it is IN FORCE"
    return Typed(acts=(body,), told=told)


# ---- lines --------------------------------------------------------------------------------------


def _own_lines(watch: Watch) -> list[LineVector]:
    if watch.picture is None:
        return []
    own = watch.picture.status.party
    return [v for v in watch.picture.lines if own in {side.party for side in v.sides}]


def _lines(watch: Watch, only: list[str]) -> list[LineVector]:
    """Return the line that is named, or all of which this party is an end."""
    lines = _own_lines(watch)
    found = [v for v in lines if not only or v.line == only[0]]
    if not found:
        names = ", ".join(sorted({v.line for v in lines})) or "none"
        raise InputFault("line", value=only[0] if only else "none", wanted=f"one of {names}")
    return found


def _line_with(watch: Watch, parties: tuple[str, ...], name: str) -> LineVector:
    """Return the one line that has these parties at its ends."""
    lines = _own_lines(watch)
    found = [
        v for v in lines
        if set(parties) <= {side.party for side in v.sides} and name in ("", v.line)
    ]  # fmt: skip
    if len(found) == 1:
        return found[0]
    if found:
        names = " or ".join(f"+line={v.line}" for v in found)
        raise InputFault(f"line with {', '.join(parties)}", value="several", wanted=names)
    known = sorted({side.party for v in lines for side in v.sides} - {_own(watch)})
    raise InputFault(
        f"line {name}".rstrip() + " with",
        value=", ".join(parties) or "nobody",
        wanted=f"one of {', '.join(known) or 'none'}",
    )


def _own(watch: Watch) -> str:
    return watch.picture.status.party if watch.picture is not None else ""


# ---- what may come next -------------------------------------------------------------------------


def offered(watch: Watch, text: str) -> list[str]:
    """Return the words that may come next in a typed line, for the one that is being typed."""
    words = text.split(" ")
    before = words[:-1]
    if not before:
        return [
            "a",
            "s",
            "k",
            "t",
            "c",
            "p",
            "v",
            "h",
            "tr",
            "leave",
            "suspend",
            "resume",
            "q",
            "?",
        ]
    place = len(before)
    if before[0] == "a":
        return _offered_answer(watch, before)
    if before[0] in ("s", "c") and place == 1:
        parties = {side.party for v in _own_lines(watch) for side in v.sides}
        return sorted(parties - {_own(watch)})
    if before[0] == "s" and place == 2:
        return [kind.name for kind in norms().types if not kind.machine]
    if before[0] == "s":
        return _not_yet(_type_fields(before[2]), before)
    if before[0] == "c" and place == 2:
        return list(_OUTCOMES)
    if before[0] in ("suspend", "resume", "t") and place == 1:
        return sorted({v.line for v in _own_lines(watch)})
    return []


def _offered_answer(watch: Watch, before: list[str]) -> list[str]:
    if len(before) == 1:
        return [str(watch.number(view.key)) for view in watch.ordered() if view.awaits_us]
    try:
        view = _numbered(watch, before[1:])
    except InputFault:
        return []
    if len(before) == 2:
        return list(view.may_answer)
    return _not_yet(view.read_back, before)


def _not_yet(names: Iterable[str], before: list[str]) -> list[str]:
    """Return the fields that were not typed yet."""
    return [f"{name}=" for name in names if not any(w.startswith(f"{name}=") for w in before)]


def _type_fields(name: str) -> tuple[str, ...]:
    return next((kind.read_back for kind in norms().types if kind.name == name), ())
