"""The page's forms, and acts from what was filled in. No script is needed for any of them.

Rules: only the allowed answers are offered, none of them is chosen beforehand, and what must be
read back is typed, never filled in. What a form sends is checked by `node` like any other act.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl

from parley.app.message_views import MessageView
from parley.app.page_html import Html, escape, field, tag
from parley.app.page_parts import anchor
from parley.node.inputs import Act, Answer, BePresent, DeclareLine, Say
from parley.node.state import State
from parley.world.agreement import Agreement, Line
from parley.world.faults import InputFault
from parley.world.norms import CLASSES, MessageType, message_type, norms

FIELDS_MAX = 200
_LineWord = Literal["in force", "suspended", "withdrawn"]
_LINE_WORDS: tuple[_LineWord, ...] = ("in force", "suspended", "withdrawn")


@dataclass(frozen=True, slots=True)
class Form:
    """What was filled in: every value by its name, in order."""

    values: Mapping[str, tuple[str, ...]]

    def one(self, name: str) -> str:
        """Return a value; "" where nothing was filled in.

        Raises:
            InputFault: it came more than once.
        """
        found = self.values.get(name, ())
        if len(found) > 1:
            raise InputFault(f"form field {name}", value=f"{len(found)} times", wanted="once")
        return found[0].strip() if found else ""

    def fields(self) -> dict[str, str]:
        """Return the message fields: those with a name of their own, and the lines of `more`."""
        named = {
            name.removeprefix("field."): self.one(name)
            for name in self.values
            if name.startswith("field.") and self.one(name)
        }
        for line in self.one("more").splitlines():
            if not line.strip():
                continue
            name, colon, value = line.partition(":")
            if not colon or not name.strip():
                raise InputFault("other fields", value=line, wanted="name: value on each line")
            named[name.strip()] = value.strip()
        return named

    def quantity_count(self, name: str) -> float | None:
        """Return a number of the unit that its name ends in; None where nothing was filled in.

        Raises:
            InputFault: it is no number.
        """
        text = self.one(name)
        try:
            return float(text) if text else None
        except ValueError:
            raise InputFault(f"form field {name}", value=text, wanted="a number") from None


def read_form(data: bytes) -> Form:
    """Return the values of an urlencoded body.

    Raises:
        InputFault: it is not one, or has too many fields.
    """
    try:
        pairs = parse_qsl(
            data.decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=bool(data),
            max_num_fields=FIELDS_MAX,
        )
    except ValueError as error:
        raise InputFault("form", value=str(error), wanted="an urlencoded form") from None
    values: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        values[name] = (*values.get(name, ()), value.replace("\r\n", "\n"))
    return Form(values)


# ---- from a form to an act ----------------------------------------------------------------------


def act_from(
    form: Form, now_us: int, more: Mapping[str, Callable[[Form, int], Act]] | None = None
) -> Act:
    """Return the act that a form asks for.

    Args:
        form: as filled in.
        now_us: the time.
        more: makers of the acts that other modules have forms for, by kind.

    Raises:
        InputFault: not one of our forms, or a value that cannot be read.
    """
    makers: dict[str, Callable[[Form, int], Act]] = {
        "answer": _answer_from,
        "say": _say_from,
        "line": _line_from,
        "presence": _presence_from,
        **(more or {}),
    }
    kind = form.one("kind")
    if kind not in makers:
        raise InputFault("form kind", value=kind, wanted=f"one of {', '.join(makers)}")
    return makers[kind](form, now_us)


def index_of(form: Form) -> int:
    """Return the index of the message that a form is about.

    Raises:
        InputFault: it is none.
    """
    index = form.one("index")
    if not index.isascii() or not index.isdigit() or len(index) > 15:
        raise InputFault("form field index", value=index, wanted="the index of a message")
    return int(index)


def _answer_from(form: Form, now_us: int) -> Act:
    minutes = form.quantity_count("promised_min")
    answer = form.one("answer")
    promised_us = None if minutes is None else now_us + round(minutes * 60_000_000)
    return Answer(
        ref=(form.one("log"), index_of(form)),
        post=form.one("post"),
        answer=answer,
        fields=form.fields(),
        text=form.one("text"),
        promised_us=promised_us if answer == "STANDBY" else None,
    )


def _line_and_agreement(form: Form) -> tuple[str, str]:
    agreement, _, line = form.one("line").partition("|")
    return agreement, line


def _say_from(form: Form, now_us: int) -> Act:
    agreement, line = _line_and_agreement(form)
    minutes = form.quantity_count("valid_min")
    chosen = form.one("message_class")
    known = [each for each in CLASSES if each == chosen]
    if chosen and not known:
        raise InputFault("message class", value=chosen, wanted=", ".join(CLASSES))
    return Say(
        agreement=agreement,
        line=line,
        post=form.one("post"),
        to=form.values.get("to", ()),
        message_type=form.one("message_type"),
        message_class=known[0] if known else None,
        subject=form.one("subject"),
        text=form.one("text"),
        fields=form.fields(),
        valid_until_us=None if minutes is None else now_us + round(minutes * 60_000_000),
        confirmed=form.one("confirmed") == "yes",
        addressees_only=form.one("only") == "yes",
    )


def _line_from(form: Form, now_us: int) -> Act:
    agreement, line = _line_and_agreement(form)
    found = [word for word in _LINE_WORDS if word == form.one("value")]
    if not found:
        wanted = ", ".join(_LINE_WORDS)
        raise InputFault("line state", value=form.one("value"), wanted=wanted)
    return DeclareLine(
        agreement=agreement,
        line=line,
        post=form.one("post"),
        value=found[0],
        effective_us=now_us if form.one("immediate") == "yes" else None,
        reason=form.one("reason"),
    )


def _presence_from(form: Form, now_us: int) -> Act:
    del now_us
    agreement, line = _line_and_agreement(form)
    return BePresent(
        agreement=agreement,
        line=line,
        post=form.one("post"),
        present=form.one("present") == "yes",
    )


# ---- the forms ----------------------------------------------------------------------------------


def post_form(kind: str, number: str, *children: object) -> Html:
    """Return a form that posts one act, with the number that only our own pages carry."""
    return tag(
        "form",
        tag("input", type="hidden", name="form", value=number),
        tag("input", type="hidden", name="kind", value=kind),
        children,
        method="post",
        action="/act",
        autocomplete="off",
    )


def hidden(name: str, value: str) -> Html:
    """Return a value that is sent and not shown."""
    return tag("input", type="hidden", name=name, value=value)


def input_field(label: str, name: str, mark: str, **attributes: str | bool | None) -> Html:
    """Return a labelled line to type into."""
    return field(label, tag("input", id=mark, name=name, **attributes), mark)


def choice_field(
    label: str, name: str, mark: str, options: Mapping[str, str], *, ask: bool
) -> Html:
    """Return a labelled list to choose from; `ask`: nothing is chosen beforehand."""
    shown = [tag("option", "choose", value="")] if ask else []
    shown += [tag("option", text, value=value) for value, text in options.items()]
    return field(label, tag("select", shown, id=mark, name=name, required=ask), mark)


def our_posts(state: State, agreement: Agreement, line_id: str) -> tuple[str, ...]:
    """Return this party's posts, the one at the end of the line first."""
    ends = [
        end.post
        for line in agreement.lines
        for end in line.ends
        if line.id == line_id and end.party == state.party
    ]
    return tuple(dict.fromkeys([*ends, *agreement.party(state.party).posts]))


def post_choice(posts: tuple[str, ...], mark: str) -> Html:
    """Return the list of our posts, the first one chosen."""
    return choice_field("Post", "post", mark, {post: post for post in posts}, ask=False)


def answer_form(view: MessageView, posts: tuple[str, ...], number: str) -> Html:
    """Return the form that answers a message: the allowed answers, and what is to be read back."""
    mark = anchor(view.key)
    read = [
        input_field(f"Read back: {name}", f"field.{name}", f"{mark}-f{place}")
        for place, name in enumerate(view.read_back)
    ]
    promise = input_field(
        "STANDBY: answer within (min)", "promised_min", f"{mark}-promise", inputmode="decimal"
    )
    return post_form(
        "answer",
        number,
        tag(
            "fieldset",
            tag("legend", "Answer"),
            hidden("log", view.key[0]),
            hidden("index", str(view.key[1])),
            choice_field(
                "Answer", "answer", f"{mark}-answer", {a: a for a in view.may_answer}, ask=True
            ),
            read,
            promise if "STANDBY" in view.may_answer else None,
            input_field("Text or reason", "text", f"{mark}-text", maxlength="4000"),
            post_choice(posts, f"{mark}-post"),
            tag("button", "Send the answer", type="submit"),
        ),
    )


def _line_choices(state: State) -> list[tuple[Agreement, Line]]:
    return [
        (agreement, line)
        for _, agreement in sorted(state.agreements.items())
        for line in agreement.lines
        if state.party in line.parties
    ]


def type_form() -> Html:
    """Return the form that chooses what to write; it acts on nothing."""
    kinds = {kind.name: f"{kind.name} ({kind.message_class})" for kind in norms().types}
    return tag(
        "form",
        hidden("refresh", "off"),
        choice_field("Message type", "write", "write-type", kinds, ask=True),
        tag("button", "Write a message", type="submit"),
        method="get",
        action="/",
    )


def say_forms(state: State, name: str, number: str) -> Html:
    """Return a form for a message of a type, for each line of ours.

    Raises:
        InputFault: there is no such type.
    """
    kind = message_type(name)
    choices = _line_choices(state)
    return escape(
        [
            _say_form(state, agreement, line, kind, number, f"say-{place}")
            for place, (agreement, line) in enumerate(choices)
        ]
    )


def _say_form(
    state: State, agreement: Agreement, line: Line, kind: MessageType, number: str, mark: str
) -> Html:
    others = [party for party in line.parties if party != state.party]
    boxes = [
        tag(
            "label",
            tag("input", type="checkbox", name="to", value=party, checked=len(others) == 1),
            f" {party} ",
        )
        for party in others
    ]
    classes = {"": f"as the type says ({kind.message_class})"} | dict(
        zip(CLASSES, CLASSES, strict=True)
    )
    named = [
        input_field(f"Field: {name}", f"field.{name}", f"{mark}-f{place}")
        for place, name in enumerate(kind.read_back)
    ]
    meant = [
        tag("input", type="checkbox", id=f"{mark}-meant", name="confirmed", value="yes"),
        tag(
            "label",
            " The place and its coordinates differ, and that is meant",
            for_=f"{mark}-meant",
        ),
    ]
    only = [
        tag("input", type="checkbox", id=f"{mark}-only", name="only", value="yes"),
        tag("label", " No other party gets the words", for_=f"{mark}-only"),
    ]
    area = tag("textarea", "", id=f"{mark}-text", name="text", maxlength="4000")
    more = tag("textarea", "", id=f"{mark}-more", name="more")
    return post_form(
        "say",
        number,
        tag(
            "fieldset",
            tag("legend", f"{kind.name} on {line.id} under {agreement.id}"),
            hidden("message_type", kind.name),
            hidden("line", f"{agreement.id}|{line.id}"),
            tag("p", "To: ", boxes),
            choice_field("Class", "message_class", f"{mark}-class", classes, ask=False),
            named,
            field("Text", area, f"{mark}-text"),
            field("Other fields, each line name: value", more, f"{mark}-more"),
            input_field("Valid for (min)", "valid_min", f"{mark}-valid", inputmode="decimal"),
            tag("p", "Such a notice expires, and goes only where consent stands.")
            if kind.guarded
            else tag("p", only),
            tag("p", meant) if {"place", "centre"} & set(kind.read_back) else None,
            post_choice(our_posts(state, agreement, line.id), f"{mark}-post"),
            tag("button", f"Send {kind.name}", type="submit"),
        ),
    )


def line_forms(state: State, number: str) -> list[Html]:
    """Return the forms of presence and of our own side of each line."""
    found = []
    for place, (agreement, line) in enumerate(_line_choices(state)):
        posts = our_posts(state, agreement, line.id)
        which = hidden("line", f"{agreement.id}|{line.id}")
        at, mark = f"here-{place}", f"line-{place}"
        found.append(
            post_form(
                "presence",
                number,
                tag(
                    "fieldset",
                    tag("legend", f"Presence at {line.id}"),
                    which,
                    post_choice(posts, f"{at}-post"),
                    tag("button", "I am at the post", type="submit", name="present", value="yes"),
                    tag("button", "I leave the post", type="submit", name="present", value="no"),
                ),
            )
        )
        found.append(
            post_form(
                "line",
                number,
                tag(
                    "fieldset",
                    tag("legend", f"Our side of {line.id}"),
                    which,
                    choice_field(
                        "State", "value", f"{mark}-value", {w: w for w in _LINE_WORDS}, ask=True
                    ),
                    input_field("Reason", "reason", f"{mark}-reason"),
                    tag(
                        "p",
                        tag(
                            "input",
                            type="checkbox",
                            id=f"{mark}-now",
                            name="immediate",
                            value="yes",
                        ),
                        tag(
                            "label",
                            " At once, without the notice of the agreement",
                            for_=f"{mark}-now",
                        ),
                    ),
                    post_choice(posts, f"{mark}-post"),
                    tag("button", "Declare it", type="submit"),
                ),
            )
        )
    return found


def sign_in_form(next_place: str = "/", legend: str = "Sign in to act") -> Html:
    """Return the form that shows the token, and leads on to one of our pages."""
    return tag(
        "form",
        tag(
            "fieldset",
            tag("legend", legend),
            tag(
                "p",
                "The token stands in the token file of this node, which only its owner reads. "
                "An observer's token looks and never acts.",
            ),
            hidden("next", next_place),
            input_field("Token", "token", "token", type="password", required=True),
            tag("button", "Sign in", type="submit"),
        ),
        method="post",
        action="/sign-in",
        autocomplete="off",
    )
