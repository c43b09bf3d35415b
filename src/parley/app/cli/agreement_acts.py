"""`parley agreement list, at, propose, sign, suspend, withdraw, renew` and so on: signed acts.

Thin over the API. To change, renew or leave an agreement takes two people: whoever runs the command
signs with --operator-key, and the second person signs what then stands there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.app.cli.acts import (
    JSON,
    NODE,
    OPERATOR_KEY,
    POST,
    TOKEN,
    act,
    client_of,
    print_rows,
    sign_shown,
)

if TYPE_CHECKING:
    from parley.app.agreement_views import AgreementShown, ProposalShown
    from parley.app.client import Client

AGREEMENT = typer.Option("--agreement", help="Which one, where there are several.")
REASON = typer.Option("--reason", help="Why; it stands in the log.")
FROM = typer.Option("--from", metavar="TIME", help="From when it holds, RFC 3339.")
UNTIL = typer.Option("--until", metavar="TIME", help="Until when, RFC 3339; else by its clause.")
EFFECT = typer.Option("--at", metavar="TIME", help="From when, RFC 3339; else after the notice.")
AT_ONCE = typer.Option("--at-once", help="Without the agreement's notice.")
LOG = typer.Argument(metavar="LOG", help="The log of the proposal, as printed by list.")
INDEX = typer.Argument(metavar="INDEX", help="Its index there.", min=0)


def list_agreements(
    name: Annotated[str, typer.Argument(metavar="[AGREEMENT]", help="One only.")] = "",
    *,
    node: Annotated[str, NODE],
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print each agreement: what is in force until when, who signed, and who stands by it.

    Exit codes: 0 printed, 2 bad usage, or no such node or agreement.
    """
    from parley.app.agreement_views import agreement_lines

    client = client_of(node, token)
    rows = _agreements(client)
    if name:
        rows = [_named(rows, name)]
    print_rows(rows, [line for row in rows for line in agreement_lines(row)], as_json=as_json)


def at(
    instant: Annotated[str, typer.Argument(metavar="TIME", help="RFC 3339.")],
    *,
    node: Annotated[str, NODE],
    agreement: Annotated[str, AGREEMENT] = "",
    party: Annotated[
        str, typer.Option(help="As it held for this party, by what it could know.")
    ] = "",
    document: Annotated[
        bool, typer.Option("--document", help="Print the exact text alone.")
    ] = False,
    token: Annotated[Path | None, TOKEN] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print what of an agreement was in force for whom at an instant.

    Exit codes: 0 printed, 1 nothing was in force, 2 bad usage, or no such node or agreement.
    """
    from urllib.parse import urlencode

    from parley.app.agreement_api import TextShown
    from parley.world.time import format_second

    client = client_of(node, token)
    query = {"agreement": _only(_agreements(client), agreement).agreement, "at": instant}
    query |= {"party": party} if party else {}
    found = client.get(f"/api/agreements/at?{urlencode(query)}", TextShown)
    text = found.text
    if document:
        typer.echo(text.document)
    else:
        whose = f" for {party}" if party else ""
        version = text.agreement.version if text.agreement is not None else "?"
        when = format_second(text.at_us)
        lines = [f"{text.agreement_id} version {version} at {when}{whose}: {text.word.upper()}"]
        lines += [f"  {text.why}"]
        for title, us in (("since", text.from_us), ("to", text.to_us), ("valid", text.until_us)):
            lines += [f"  {title} {format_second(us)}"] if us is not None else []
        lines += [
            f"  {each.party}: {each.status.word}; "
            + ("duties stand: " if each.stands else "no duty: ")
            + each.why
            for each in found.duties
        ]
        print_rows([found], lines, as_json=as_json)
    raise typer.Exit(0 if text.in_force else 1)


# ---- changing it --------------------------------------------------------------------------------


def propose(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new text: TOML, YAML, JSON.")],
    *,
    node: Annotated[str, NODE],
    from_time: Annotated[str, FROM] = "",
    reason: Annotated[str, REASON] = "",
    post: Annotated[str, POST] = "duty-officer",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Propose another text of an agreement; it binds once all have signed and its day has come.

    Without --from it is to hold after the notice of the norms; an earlier day needs --reason. Two
    people of yours sign it: you with --operator-key, a second one with `parley agreement sign`.

    Exit codes: 0 proposed, 2 refused, bad usage, or no such node.
    """
    from parley.app.agreement_files import read_agreement_file, usable
    from parley.world.agreement_document import canonical_document

    client = client_of(node, token)
    agreement = usable(read_agreement_file(file), str(file))
    body: dict[str, object] = {
        "type": "propose_agreement",
        "agreement": agreement.id,
        "post": post,
        "document": canonical_document(agreement),
        "from_us": _us(from_time),
        "reason": reason,
    }
    act(client, body, as_json=as_json, operator_key=operator_key)


def sign(
    log: Annotated[str, LOG],
    index: Annotated[int, INDEX],
    *,
    node: Annotated[str, NODE],
    post: Annotated[str, POST] = "duty-officer",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: it was read before.")] = False,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Countersign a proposed text; where your party has done so already, sign as its second person.

    What the text changes is shown first, in sentences.

    Exit codes: 0 signed, 2 refused, bad usage, or no such node.
    """
    from parley.world.faults import InputFault

    client = client_of(node, token)
    _show_changes(client, (log, index))
    if not yes:
        typer.confirm("Sign this?", abort=True, err=True)
    standing = _own_entry(client, (log, index))
    if standing is None:
        body = {"type": "sign_agreement", "ref": [log, index], "post": post, "take": True}
        act(client, body, as_json=as_json, operator_key=operator_key)
        _show_signed(client, (log, index))
        return
    if operator_key is None:
        raise InputFault(
            "parley agreement sign",
            value=f"your party's entry stands at {standing[0]} {standing[1]}",
            wanted="--operator-key: a person signs it",
        )
    # Their own key, on their own party's entry: what is shown is what is signed.
    sign_shown(client, standing, operator_key, post=post, ask=False)
    _show_signed(client, (log, index))


def decline(
    log: Annotated[str, LOG],
    index: Annotated[int, INDEX],
    *,
    node: Annotated[str, NODE],
    reason: Annotated[str, REASON] = "",
    post: Annotated[str, POST] = "duty-officer",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Decline a proposed text, or take your own back: it is dead, and may be proposed again.

    Exit codes: 0 declined, 2 refused, bad usage, or no such node.
    """
    body: dict[str, object] = {
        "type": "sign_agreement", "ref": [log, index], "post": post, "take": False,
        "reason": reason,
    }  # fmt: skip
    act(client_of(node, token), body, as_json=as_json, operator_key=operator_key)


# ---- standing by it, leaving it, renewing it ----------------------------------------------------


def suspend(
    *,
    node: Annotated[str, NODE],
    agreement: Annotated[str, AGREEMENT] = "",
    when: Annotated[str, EFFECT] = "",
    at_once: Annotated[bool, AT_ONCE] = False,
    reason: Annotated[str, REASON] = "",
    post: Annotated[str, POST] = "duty-officer",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Suspend an agreement as a whole for your party: one person may; life-safety still passes.

    Exit codes: 0 done, 2 refused, bad usage, or no such node.
    """
    _declare("suspended", (node, token), agreement, (when, reason), post, operator_key,
             at_once=at_once, as_json=as_json)  # fmt: skip


def resume(
    *,
    node: Annotated[str, NODE],
    agreement: Annotated[str, AGREEMENT] = "",
    when: Annotated[str, EFFECT] = "",
    reason: Annotated[str, REASON] = "",
    post: Annotated[str, POST] = "duty-officer",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Resume an agreement as a whole for your party; a line that it suspended stays suspended.

    Exit codes: 0 done, 2 refused, bad usage, or no such node.
    """
    _declare("in force", (node, token), agreement, (when, reason), post, operator_key,
             at_once=False, as_json=as_json)  # fmt: skip


def withdraw(
    *,
    node: Annotated[str, NODE],
    agreement: Annotated[str, AGREEMENT] = "",
    when: Annotated[str, EFFECT] = "",
    at_once: Annotated[bool, AT_ONCE] = False,
    reason: Annotated[str, REASON] = "",
    post: Annotated[str, POST] = "duty-officer",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Withdraw your party from an agreement; it counts once two of your people have signed it.

    A second person signs what is printed with `parley sign`. What your party owes it owes to the
    end of the agreement's notice, however soon it leaves.

    Exit codes: 0 done, 2 refused, bad usage, or no such node.
    """
    _declare("withdrawn", (node, token), agreement, (when, reason), post, operator_key,
             at_once=at_once, as_json=as_json)  # fmt: skip


def renew(
    *,
    node: Annotated[str, NODE],
    agreement: Annotated[str, AGREEMENT] = "",
    until: Annotated[str, UNTIL] = "",
    post: Annotated[str, POST] = "duty-officer",
    token: Annotated[Path | None, TOKEN] = None,
    operator_key: Annotated[Path | None, OPERATOR_KEY] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Renew an agreement for your party, before it ends; it counts once two people have signed it.

    It goes on once every signatory has renewed it, for as long as all of them say.

    Exit codes: 0 done, 2 refused, bad usage, or no such node.
    """
    client = client_of(node, token)
    body: dict[str, object] = {
        "type": "renew_agreement",
        "agreement": _only(_agreements(client), agreement).agreement,
        "post": post,
        "until_us": _us(until),
    }
    act(client, body, as_json=as_json, operator_key=operator_key)


# ---- helpers ------------------------------------------------------------------------------------


def _declare(
    value: str,
    where: tuple[str, Path | None],
    agreement: str,
    words: tuple[str, str],
    post: str,
    operator_key: Path | None,
    *,
    at_once: bool,
    as_json: bool,
) -> None:
    from parley.app.cli.acts import now_us_of
    from parley.world.faults import InputFault

    client, (when, reason) = client_of(*where), words
    if when and at_once:
        raise InputFault("--at", value=when, wanted="it, or --at-once, not both")
    body: dict[str, object] = {
        "type": "declare_agreement",
        "agreement": _only(_agreements(client), agreement).agreement,
        "post": post,
        "value": value,
        "effective_us": now_us_of(client) if at_once else _us(when),
        "reason": reason,
    }
    act(client, body, as_json=as_json, operator_key=operator_key)


def _agreements(client: Client) -> list[AgreementShown]:
    from parley.app.agreement_views import AgreementShown

    return list(client.get("/api/agreements", tuple[AgreementShown, ...]))


def _named(rows: list[AgreementShown], name: str) -> AgreementShown:
    from parley.world.faults import InputFault, nearest

    for row in rows:
        if row.agreement == name:
            return row
    known = [row.agreement for row in rows]
    close = nearest(name, known)
    raise InputFault(
        "agreement",
        value=name,
        wanted=f"one of {', '.join(known) or 'none'}",
        repair=f"did you mean {close!r}?" if close else "",
    )


def _only(rows: list[AgreementShown], given: str) -> AgreementShown:
    """Return the agreement that is named, or the only one that there is."""
    from parley.world.faults import InputFault

    if given:
        return _named(rows, given)
    if len(rows) != 1:
        known = ", ".join(row.agreement for row in rows) or "none"
        raise InputFault("--agreement", wanted=f"one of {known}")
    return rows[0]


def _own_entry(client: Client, key: tuple[str, int]) -> tuple[str, int] | None:
    """Return our party's own entry by which a proposal is signed, if it stands already."""
    from parley.app.cli.shown_messages import own_party

    own = own_party(client)
    for row in _agreements(client):
        for version in row.versions:
            if version.proposal != key:
                continue
            return next((s.entry for s in version.signed if s.party == own), None)
    return None


def _proposal(client: Client, key: tuple[str, int]) -> ProposalShown:
    from urllib.parse import urlencode

    from parley.app.agreement_views import ProposalShown

    query = urlencode({"log": key[0], "index": key[1]})
    (shown,) = client.get(f"/api/agreements/proposals?{query}", tuple[ProposalShown, ...])
    return shown


def _show_signed(client: Client, key: tuple[str, int]) -> None:
    """Say how far a text got by this signature: one that is not the last must not read as one."""
    from parley.app.agreement_views import version_lines
    from parley.app.page_html import visible

    for line in version_lines(_proposal(client, key).text):
        typer.echo(visible(line), err=True)


def _show_changes(client: Client, key: tuple[str, int]) -> None:
    from parley.app.agreement_views import version_lines
    from parley.app.page_html import visible

    shown = _proposal(client, key)
    for line in (*version_lines(shown.text), "  what it changes:", *shown.changes):
        typer.echo(visible(line), err=True)


def _us(text: str) -> int | None:
    from parley.world.time import parse_instant_us

    return parse_instant_us(text, "the time") if text else None
