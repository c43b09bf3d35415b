"""Who may sign, what was signed, which keys count, what is held, opened, destroyed: over the API.

A person's key is read from the person's own file and never leaves it: only the signature goes to
the node, after the very bytes were shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.app.cli.acts import (
    JSON,
    NODE,
    POST,
    TOKEN,
    act,
    client_of,
    instant_us,
    now_us_of,
    print_rows,
    sign_shown,
)

if TYPE_CHECKING:
    from parley.app.client import Client
    from parley.app.custody_views import ConsentView, KeyView, OperatorView
    from parley.app.message_views import MessageView

_CODES = "\n\nExit codes: 0 done or printed, 2 refused, bad usage, or no such node."
RECALL = "Copies that others hold cannot be recalled."
AGREEMENT = typer.Option(help="Which agreement, where the node has several.")
LOG = typer.Argument(metavar="LOG", help="The log of the entry.")
INDEX = typer.Argument(metavar="INDEX", help="Its index there.", min=0)
REASON = typer.Option(help="Why, in a few words.")
UNTIL = typer.Option(help="Until when, RFC 3339, e.g. 2027-01-01T00:00:00Z.")


def _group(text: str) -> typer.Typer:
    return typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help=text + _CODES,
    )


operator = _group("Say which people may sign, by pseudonym.")
hold = _group("Set and lift legal holds: while one stands, nothing is destroyed here.")
consent = _group("Say who may have humanitarian notices, one addressee at a time.")
notice = _group("Open or destroy a guarded notice; both are written down.")


def _agreement(client: Client, given: str) -> str:
    """Return the agreement: the one given, else the only one that the node has."""
    from parley.app.views import StatusView
    from parley.world.faults import InputFault

    if given:
        return given
    known = client.get("/api/status", StatusView).agreements
    if len(known) != 1:
        raise InputFault("--agreement", wanted=f"one of {', '.join(known) or 'none'}")
    return known[0]


def _when(at_us: int | None, missing: str) -> str:
    from parley.world.time import format_second

    return missing if at_us is None else format_second(at_us)


# ---- people -------------------------------------------------------------------------------------


@operator.command()
def enrol(
    enrolment: Annotated[
        Path, typer.Argument(metavar="FILE", help="What parley key enrol printed; '-' is stdin.")
    ],
    *,
    node: Annotated[str, NODE],
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Let a person sign, by pseudonym; print the key of the entry that says so.

    Exit codes: 0 enrolled, 2 refused, bad usage, or no such node.
    """
    import msgspec

    from parley.app.config import read_text
    from parley.world.faults import InputFault

    stdin = str(enrolment) == "-"
    text = typer.get_text_stream("stdin").read() if stdin else read_text(enrolment, "enrolment")
    try:
        body = msgspec.json.decode(text, type=dict[str, object])
    except msgspec.DecodeError as error:
        wanted = "what parley key enrol printed"
        raise InputFault(f"enrolment {enrolment}", value=str(error), wanted=wanted) from None
    client = client_of(node, token)
    body |= {"agreement": _agreement(client, agreement), "post": post}
    act(client, body, as_json=as_json, path="/api/operators")


@operator.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="OPERATOR", help="The pseudonym.")],
    *,
    node: Annotated[str, NODE],
    reason: Annotated[str, REASON] = "",
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Let a person sign no more; what was signed before stays what it was.

    Exit codes: 0 removed, 2 refused, bad usage, or no such node.
    """
    client = client_of(node, token)
    body: dict[str, object] = {
        "agreement": _agreement(client, agreement), "post": post, "operator": name,
        "reason": reason,
    }  # fmt: skip
    act(client, body, as_json=as_json, path="/api/operators/remove")


@operator.command(name="list")
def list_operators(
    *,
    node: Annotated[str, NODE],
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print the people of every party, and whether they may sign now.

    Exit codes: 0 printed, 2 bad usage, or no such node.
    """
    from parley.app.custody_views import OperatorView

    rows = client_of(node, token).get("/api/operators", tuple[OperatorView, ...])
    print_rows(rows, [_operator_line(each) for each in rows], as_json=as_json)


def _operator_line(view: OperatorView) -> str:
    state = "may sign" if view.counts else f"MAY NOT SIGN: {view.why}"
    until = _when(view.until_us, "removed")
    posts = ", ".join(view.posts)
    return f"{view.operator} of {view.party} ({view.agreement}): {state}; at {posts} until {until}"


def sign(
    log: Annotated[str, LOG],
    index: Annotated[int, INDEX],
    *,
    node: Annotated[str, NODE],
    operator_key: Annotated[Path, typer.Option(help="Your own key file.")],
    post: Annotated[str, POST] = "duty-officer",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: it was read before.")] = False,
    token: Annotated[Path | None, TOKEN] = None,
) -> None:
    """Show an entry, ask, and sign exactly what was shown; print where the signature stands.

    The hash is computed here from the bytes that are shown; a sealed payload is held against the
    commitment in them. What cannot be seen is not signed.

    Exit codes: 0 signed, 1 you said no, 2 refused, bad usage, or no such node.
    """
    client = client_of(node, token)
    try:
        key = sign_shown(client, (log, index), operator_key, post=post, ask=not yes)
    except typer.Abort:
        typer.echo("not signed", err=True)
        raise typer.Exit(1) from None
    if key is not None:
        typer.echo(f"{key[0]} {key[1]}")


# ---- keys ---------------------------------------------------------------------------------------


def distrust(
    party: Annotated[str, typer.Argument(metavar="PARTY", help="Whose key.")],
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="Its text, or its job: log, mirror, link ...")
    ],
    *,
    node: Annotated[str, NODE],
    reason: Annotated[str, typer.Option(help="Why: the other side will ask.")],
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Take a peer's key no more, at once, for every agreement; one person is enough.

    With its link or log key the link to the peer is dead until it has another key.

    Exit codes: 0 distrusted, 2 refused, bad usage, or no such node.
    """
    from parley.app.custody_views import KeyView

    client = client_of(node, token)
    keys = client.get("/api/keys", tuple[KeyView, ...])
    body: dict[str, object] = {
        "agreement": _agreement(client, agreement), "post": post, "party": party,
        "key": _key_of(keys, party, key), "reason": reason,
    }  # fmt: skip
    act(client, body, as_json=as_json, path="/api/keys/distrust")


def _key_of(keys: Sequence[KeyView], party: str, given: str) -> str:
    """Return the text of a key that is given by its text or its job; the newest of that job."""
    found = [each.key for each in keys if each.party == party and each.role == given]
    return found[-1] if found else given


def revoke(
    statement: Annotated[
        Path, typer.Argument(metavar="NOTE", help="The signed statement; '-' is stdin.")
    ],
    *,
    node: Annotated[str, NODE],
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Tell every party of the agreement what an offline root says of a key.

    The statement is made and signed offline: parley key statement.

    Exit codes: 0 told, 2 refused, bad usage, or no such node.
    """
    from parley.app.config import read_text

    stdin = str(statement) == "-"
    text = typer.get_text_stream("stdin").read() if stdin else read_text(statement, "statement")
    client = client_of(node, token)
    body: dict[str, object] = {
        "agreement": _agreement(client, agreement), "post": post, "statement": text,
    }  # fmt: skip
    act(client, body, as_json=as_json, path="/api/keys/revoke")


# ---- holds --------------------------------------------------------------------------------------


@hold.command(name="set")
def set_hold(
    name: Annotated[str, typer.Argument(metavar="HOLD", help="A name for it.")],
    *,
    node: Annotated[str, NODE],
    reason: Annotated[str, REASON],
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Destroy nothing under the agreement, here, until the hold is lifted.

    It binds this node only; other parties set holds of their own.

    Exit codes: 0 set, 2 refused, bad usage, or no such node.
    """
    client = client_of(node, token)
    body: dict[str, object] = {
        "agreement": _agreement(client, agreement), "post": post, "hold": name, "reason": reason,
    }  # fmt: skip
    act(client, body, as_json=as_json, path="/api/holds")


@hold.command()
def lift(
    name: Annotated[str, typer.Argument(metavar="HOLD", help="Its name.")],
    *,
    node: Annotated[str, NODE],
    reason: Annotated[str, REASON],
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """End a legal hold; what has expired meanwhile is destroyed at once, if no other stands.

    Exit codes: 0 lifted, 2 refused, bad usage, or no such node.
    """
    client = client_of(node, token)
    body: dict[str, object] = {
        "agreement": _agreement(client, agreement), "post": post, "hold": name, "reason": reason,
    }  # fmt: skip
    act(client, body, as_json=as_json, path="/api/holds/lift")


@hold.command(name="list")
def list_holds(
    *,
    node: Annotated[str, NODE],
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print the legal holds that stand, of every party.

    Exit codes: 0 printed, 2 bad usage, or no such node.
    """
    from parley.app.custody_views import HoldView

    rows = client_of(node, token).get("/api/holds", tuple[HoldView, ...])
    texts = [
        f"{h.hold} of {h.party} ({h.agreement}): set {_when(h.set_us, '')} by {h.post}: {h.reason}"
        for h in rows
    ]
    print_rows(rows, texts or ["no hold stands"], as_json=as_json)


# ---- consents -----------------------------------------------------------------------------------


@consent.command()
def give(
    *,
    node: Annotated[str, NODE],
    addressee: Annotated[str, typer.Option(help="The party that may have them.")],
    scope: Annotated[str, typer.Option(help="For what, in a few words.")] = "",
    until: Annotated[str, UNTIL] = "",
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Let one party have this party's humanitarian notices; nobody has them without.

    Exit codes: 0 given, 2 refused, bad usage, or no such node.
    """
    until_us = instant_us(until, "--until")
    client = client_of(node, token)
    _check_ahead(client, until_us)
    body: dict[str, object] = {
        "agreement": _agreement(client, agreement), "post": post, "addressee": addressee,
        "scope": scope, "until_us": until_us,
    }  # fmt: skip
    act(client, body, as_json=as_json, path="/api/consents")


def _check_ahead(client: Client, until_us: int | None) -> None:
    from parley.world.faults import InputFault

    if until_us is not None and until_us <= now_us_of(client):
        raise InputFault("--until", value=_when(until_us, ""), wanted="an instant to come")


@consent.command()
def withdraw(
    *,
    node: Annotated[str, NODE],
    addressee: Annotated[str, typer.Option(help="The party that has it.")],
    reason: Annotated[str, REASON] = "",
    post: Annotated[str, POST] = "duty-officer",
    agreement: Annotated[str, AGREEMENT] = "",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Send a party nothing further; what it has cannot be recalled.

    Exit codes: 0 withdrawn, 2 refused, bad usage, or no such node.
    """
    client = client_of(node, token)
    body: dict[str, object] = {
        "agreement": _agreement(client, agreement), "post": post, "addressee": addressee,
        "reason": reason,
    }  # fmt: skip
    act(client, body, as_json=as_json, path="/api/consents/withdraw")
    typer.echo(RECALL, err=True)


@consent.command(name="list")
def list_consents(
    *,
    node: Annotated[str, NODE],
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print who lets whom have guarded notices, and whether it stands now.

    Exit codes: 0 printed, 2 bad usage, or no such node.
    """
    from parley.app.custody_views import ConsentView

    rows = client_of(node, token).get("/api/consents", tuple[ConsentView, ...])
    texts = [_consent_line(each) for each in rows]
    print_rows(rows, texts or ["no consent was given"], as_json=as_json)


def _consent_line(view: ConsentView) -> str:
    state = "stands" if view.stands else f"DOES NOT STAND: {view.why}"
    what = f" for {view.scope}" if view.scope else ""
    until = _when(view.until_us, "withdrawn")
    return f"{view.party} to {view.addressee} ({view.agreement}): {state}, until {until}{what}"


# ---- guarded notices ----------------------------------------------------------------------------


@notice.command(name="open")
def open_notice(
    log: Annotated[str, LOG],
    index: Annotated[int, INDEX],
    *,
    node: Annotated[str, NODE],
    purpose: Annotated[str, typer.Option(help="What for, in a few words.")] = "",
    post: Annotated[str, POST] = "duty-officer",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print what a guarded notice says, after writing into the private log that you read it.

    Exit codes: 0 printed, 2 refused, bad usage, or no such node.
    """
    from parley.app.act_views import ActDone
    from parley.app.cli.shown_messages import own_party
    from parley.world.faults import InputFault

    client = client_of(node, token)
    body = {"ref": [log, index], "post": post, "purpose": purpose}
    try:
        client.post("/api/notices/open", body, ActDone)
    except InputFault:
        if any(each.reading == "destroyed" for each in _message_at(client, (log, index))):
            value, wanted = "destroyed: this party dropped its copy", "one that is still held here"
            raise InputFault(f"notice {log} {index}", value=value, wanted=wanted) from None
        raise
    own = own_party(client)
    found = _message_at(client, (log, index))
    texts = [line for each in found for line in _notice_lines(each, own)]
    print_rows(found, texts, as_json=as_json)
    typer.echo(f"opened by {post}: written into the private log", err=True)


def _message_at(client: Client, key: tuple[str, int]) -> list[MessageView]:
    from parley.app.message_views import MessageView

    rows = client.get("/api/messages", tuple[MessageView, ...])
    return [each for each in rows if each.key == key]


def _notice_lines(view: MessageView, own: str) -> list[str]:
    until = _when(view.valid_until_us, "no end")
    given = [step.answer.answer for step in view.ladder if step.party == own and step.answer]
    fields = [f"  {name}: {value}" for name, value in sorted(view.fields.items())]
    text = [f"  {line}" for line in view.text.splitlines()]
    word = "EXPIRED" if view.expired else "valid until"
    head = f"{view.message_type} {view.message_class} from {view.party}, {word} {until}"
    last = f"may be answered: {', '.join(view.may_answer) or 'nothing'}"
    return [head, *text, *fields, f"  answered {given[0]}" if given else f"  {last}"]


@notice.command()
def destroy(
    log: Annotated[str, LOG],
    index: Annotated[int, INDEX],
    *,
    node: Annotated[str, NODE],
    post: Annotated[str, POST] = "duty-officer",
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Drop this node's copy of a guarded notice; copies that others hold cannot be recalled.

    That there was one, from whom and until when, stays in the log. A legal hold forbids it.

    Exit codes: 0 destroyed, 2 refused, bad usage, or no such node.
    """
    client = client_of(node, token)
    body: dict[str, object] = {"ref": [log, index], "post": post}
    act(client, body, as_json=as_json, path="/api/notices/destroy")
    typer.echo(f"Our copy is destroyed. {RECALL}", err=True)
