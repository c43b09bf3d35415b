"""What a post asks of its running node, and does through it: thin commands over the HTTP API.

What peers wrote is printed with its control characters as escapes, so that it cannot move the
cursor or turn the line around.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

if TYPE_CHECKING:
    from parley.app.client import Client

NODE = typer.Option(
    envvar="PARLEY_NODE",
    help="The running node: its address, or its folder or TOML file.",
    show_default=False,
)
TOKEN = typer.Option(envvar="PARLEY_TOKEN_FILE", help="Its token file, where --node is an address.")
POST = typer.Option(envvar="PARLEY_POST", help="The duty position that acts.")
AGREEMENT = typer.Option(help="Where the line or zone stands under several agreements.")
FIELD = typer.Option("--field", "-f", metavar="NAME=VALUE", help="A field. May be repeated.")
JSON = typer.Option("--json", help="Print JSON lines.")
OPERATOR_KEY = typer.Option(help="Your own key file: sign the entry right after.")

T = TypeVar("T")


def client_of(node: str, token: Path | None) -> Client:
    """Return the node that a command speaks to."""
    from parley.app.client import Client

    return Client(node, token)


def fields_of(given: Sequence[str] | None) -> dict[str, str]:
    """Return the fields of NAME=VALUE options.

    Raises:
        InputFault: no NAME=VALUE, or a name twice.
    """
    from parley.world.faults import InputFault

    found = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InputFault("--field", value=text, wanted="NAME=VALUE")
        if name in found:
            raise InputFault("--field", value=name, wanted="each name once")
        found[name] = value
    return found


def print_rows(rows: Sequence[object], texts: Sequence[str], *, as_json: bool) -> None:
    """Print rows as JSON lines, or their texts."""
    import msgspec

    from parley.app.page_html import visible

    if as_json:
        for row in rows:
            typer.echo(msgspec.json.encode(row).decode())
    else:
        for text in texts:
            typer.echo(visible(text))


def act(
    client: Client,
    body: dict[str, object],
    *,
    as_json: bool,
    path: str = "/api/acts",
    operator_key: Path | None = None,
) -> None:
    """Do an act; print the key of its entry, and sign it with a person's key if one is given."""
    from parley.app.act_views import ActDone

    if operator_key is not None:
        # Before the act: one that was done and cannot be signed would stand there unsigned.
        _check_person(client, operator_key, str(body["post"]))
    kept = {name: value for name, value in body.items() if value not in (None, "", {}, ())}
    done = client.post(path, kept, ActDone)
    line = f"{done.key[0]} {done.key[1]}" if done.key else "nothing to write: it was so already"
    print_rows([done], [line], as_json=as_json)
    if operator_key is not None and done.key is not None:
        post = str(body["post"])
        if is_guarded(str(body.get("message_type", ""))):
            # Its words are shown to nobody, its writer included, before that is written down.
            opened = {"ref": done.key, "post": post, "purpose": "to sign it"}
            client.post("/api/notices/open", opened, ActDone)
        _sign_written(client, done.key, operator_key, post)


def _check_person(client: Client, operator_key: Path, post: str) -> None:
    """Check that a person's key file can be used, and that the person may sign at a post now."""
    from parley.app.cli.shown_messages import own_party
    from parley.app.custody_views import OperatorView
    from parley.app.signing import operator_of
    from parley.world.faults import InputFault

    name, own = operator_of(operator_key), own_party(client)
    everybody = client.get("/api/operators", tuple[OperatorView, ...])
    mine = [each for each in everybody if (each.party, each.operator) == (own, name)]
    if not any(each.counts and post in each.posts for each in mine):
        why = "; ".join(dict.fromkeys(each.why for each in mine if each.why))
        posts = list(dict.fromkeys(name for each in mine if each.counts for name in each.posts))
        where = ", ".join(posts)
        raise InputFault(
            f"operator {name}",
            value=why or (f"enrolled at {where}, not at {post}" if mine else "not enrolled"),
            wanted=f"a person who may sign at {post} now (parley operator list)",
            repair=f"act with --post {posts[0]}" if posts and not why else "",
        )


def _sign_written(client: Client, key: tuple[str, int], operator_key: Path, post: str) -> None:
    """Sign what was just written; a fault says that it stands there, so that none says it again."""
    from parley.world.faults import InputFault

    try:
        sign_shown(client, key, operator_key, post=post, ask=False)
    except InputFault as fault:
        raise InputFault(
            f"written at {key[0]} {key[1]} and NOT SIGNED: {fault.what}",
            value=fault.value,
            wanted=fault.wanted,
            repair=fault.repair or "do not say it again: parley sign signs what is written",
        ) from None


def is_guarded(name: str) -> bool:
    """Whether each reading of a message of this type is written down."""
    from parley.world.norms import norms

    return any(kind.guarded for kind in norms().types if kind.name == name)


def sign_shown(
    client: Client, key: tuple[str, int], operator_key: Path, *, post: str, ask: bool
) -> tuple[str, int] | None:
    """Show an entry on stderr, then sign it; return where the signature stands.

    Args:
        client: the node that holds the entry.
        key: where it stands.
        operator_key: the person's own key file.
        post: where the person acts.
        ask: whether the person is asked before signing.
    """
    from parley.app.act_views import ActDone
    from parley.app.page_html import visible
    from parley.app.signing import shown_entry, signed_body

    shown = shown_entry(client, *key)
    for text in shown.lines:
        typer.echo(visible(text), err=True)
    if ask:
        typer.confirm("Sign this?", abort=True, err=True)
    body = signed_body(shown, operator_key, post)
    done = client.post("/api/acts/sign", body, ActDone)
    typer.echo(f"signed by {body['operator']}", err=True)
    return done.key


def agreement_of(client: Client, line: str, given: str) -> str:
    """Return the agreement of a line: the one given, else the only one that has the line."""
    from parley.node.rules.lines import LineVector
    from parley.world.faults import InputFault, nearest

    if given:
        return given
    vectors = client.get("/api/lines", tuple[LineVector, ...])
    found = sorted({each.agreement for each in vectors if each.line == line})
    if len(found) == 1:
        return found[0]
    known = sorted({each.line for each in vectors})
    if found:
        wanted = f"--agreement: {' or '.join(found)}"
        raise InputFault(f"line {line}", value="under several agreements", wanted=wanted)
    close = nearest(line, known)
    raise InputFault(
        "line",
        value=line,
        wanted=f"one of {', '.join(known) or 'none'}",
        repair=f"did you mean {close!r}?" if close else "",
    )


def now_us_of(client: Client) -> int:
    """Return the node's own time, a little ahead."""
    from parley.app.views import StatusView

    # A moment ahead of the node's own clock: an effect time in the past would be refused.
    return client.get("/api/status", StatusView).now_us + 2_000_000


def instant_us(text: str, what: str) -> int | None:
    """Return the instant of an RFC 3339 text; None for an empty one."""
    from parley.world.time import parse_instant_us

    return parse_instant_us(text, what) if text else None


def which(what: str, known: Sequence[str], found: int) -> Exception:
    """Return the fault of a name that stands for nothing, or under several agreements."""
    from parley.world.faults import InputFault, nearest

    if found:
        return InputFault(what, value="under several agreements", wanted="--agreement")
    close = nearest(what.partition(" ")[2], list(known))
    return InputFault(
        what,
        value="not known",
        wanted=f"one of {', '.join(known) or 'none'}",
        repair=f"did you mean {close!r}?" if close else "",
    )


def document_in(file: Path, what: str = "intent") -> object:
    """Return what a JSON file says; "-" is stdin.

    Raises:
        InputFault: it is not JSON.
    """
    import msgspec

    from parley.app.config import read_text
    from parley.world.faults import InputFault

    stdin = str(file) == "-"
    text = typer.get_text_stream("stdin").read() if stdin else read_text(file, what)
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise InputFault(f"{what} {file}", value=str(error), wanted="a JSON document") from None
