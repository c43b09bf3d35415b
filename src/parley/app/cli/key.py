"""`parley key`: keys made, shown, compared and stated about; most of it on a machine of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

key = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Make keys, compare them by voice, and say offline which of them count.\n\n"
    "Private keys stay in files that only their owner can read, and are never printed.\n\n"
    "Exit codes: 0 fine, 1 the answer is no, 2 bad usage or input.",
)
statement = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="What the offline root says about a key: write, sign, combine, check.\n\n"
    "Exit codes: 0 fine, 1 too few signed, 2 bad usage or input.",
)
key.add_typer(statement, name="statement")

_FOLDER = typer.Argument(metavar="DIR", help="The node's folder.")
_OPERATOR_FILE = typer.Argument(metavar="FILE", help="The person's own key file.")


@key.command(name="make-root")
def make_root(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new folder, on a machine without a network.")
    ],
    *,
    party: Annotated[str, typer.Option(help="The party's id, as the agreements write it.")],
    count: Annotated[int, typer.Option(help="How many keys, one per person.")] = 3,
    threshold: Annotated[int, typer.Option(help="How many of them decide together.")] = 2,
) -> None:
    """Make the party's offline root, one file per person, and print its public keys.

    Give each file to its person on a medium of its own, and leave none behind. The first table
    goes into the node's own file, the lines after it into the table that each peer has.

    Exit codes: 0 made, 2 bad input, a node's folder, or files that are there already.
    """
    from parley.app import ceremony

    typer.echo(ceremony.make_root(folder, party, count, threshold), nl=False)


@key.command()
def add(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The node's folder, or that of its keys.")
    ],
) -> None:
    """Add the keys that an older release did not make, and print what the peers need.

    Keys that are there stay as they are. The whole table of this party for its peers is printed,
    also when nothing was missing.

    Exit codes: 0 all keys are there, 2 no such folder, or a file that cannot be made.
    """
    from parley.app import ceremony

    added, table = ceremony.add_missing(folder)
    typer.echo(f"added: {', '.join(added) or 'nothing'}", err=True)
    typer.echo(table, nl=False)


@key.command()
def page(
    folder: Annotated[Path, _FOLDER],
    *,
    peer: Annotated[
        str, typer.Option(help="A peer, as this node has enrolled it; else the own party.")
    ] = "",
    present: Annotated[
        list[str] | None, typer.Option(help="Somebody who is present; may be repeated.")
    ] = None,
    as_html: Annotated[
        bool, typer.Option("--html", help="An HTML page instead of plain text.")
    ] = False,
) -> None:
    """Print the page of a party's public keys, to be signed, and compared by voice.

    Both sides print the page of the same party, one as its own, one with --peer. The same number
    on both means the same keys.

    Exit codes: 0 printed, 2 no such node or peer, or keys that do not hold.
    """
    from parley.app import ceremony

    names = ceremony.checked_names(present or [])
    found = ceremony.key_page(folder, peer or None)
    make = ceremony.page_html if as_html else ceremony.page_text
    typer.echo(make(found, names), nl=False)


@key.command()
def check(
    vkeys: Annotated[
        list[str], typer.Argument(metavar="VKEY...", help="Public keys as text; - reads lines.")
    ],
) -> None:
    """Check public keys before they are enrolled: form, key id, and the point itself.

    Exit codes: 0 all can be keys, 1 one of them cannot, 2 bad usage.
    """
    from parley.app import ceremony

    texts = [line for text in vkeys for line in (_stdin_lines() if text == "-" else [text])]
    lines, good = ceremony.check_lines(texts)
    typer.echo("\n".join(lines))
    if not good or not lines:
        raise typer.Exit(1)


@key.command()
def operator(
    file: Annotated[Path, _OPERATOR_FILE],
    *,
    party: Annotated[str, typer.Option(help="The party's id.")],
    operator: Annotated[str, typer.Option(help="A pseudonym; who it is stays with the party.")],
) -> None:
    """Make a person's own key, and print its public half.

    The person keeps the file; the node never needs it.

    Exit codes: 0 made, 2 bad input, or a file that is there already.
    """
    from parley.app import ceremony

    found = ceremony.make_operator(file, party, operator)
    typer.echo(found.vkey)
    typer.echo(f"fingerprint {found.fingerprint}", err=True)


@key.command()
def enrol(
    file: Annotated[Path, _OPERATOR_FILE],
    *,
    post: Annotated[list[str], typer.Option(help="A post to sign at; may be repeated.")],
    until: Annotated[str, typer.Option(help="Until when, e.g. 2027-01-01T00:00:00Z.")] = "",
) -> None:
    """Print a person's enrolment as JSON, signed with the person's own key.

    Exit codes: 0 printed, 2 not an operator's key, or a post or time that cannot be.
    """
    from parley.app import ceremony
    from parley.world.time import parse_instant_us

    until_us = parse_instant_us(until, "--until") if until else None
    typer.echo(ceremony.enrol_operator(file, tuple(post), until_us))


@key.command()
def sign(
    file: Annotated[Path, _OPERATOR_FILE],
    origin: Annotated[str, typer.Argument(help="The log of the entry.")],
    index: Annotated[int, typer.Argument(help="Its place in the log.", min=0)],
    leaf: Annotated[str, typer.Argument(help="Its leaf hash, 64 digits.")],
) -> None:
    """Print a person's signature over an entry: its log, its place and its exact bytes.

    Exit codes: 0 printed, 2 not an operator's key, or no place in a log.
    """
    from parley.app import ceremony

    typer.echo(ceremony.sign_entry(file, origin, index, leaf))


@statement.command()
def make(
    *,
    party: Annotated[str, typer.Option(help="The party whose key it is.")],
    action: Annotated[str, typer.Option(help="revoke, appoint or takeover.")],
    role: Annotated[str, typer.Option(help="log, mirror, witness, link, seal or operator.")],
    vkey: Annotated[str, typer.Option(help="The key; for seal its digest.")],
    reason: Annotated[str, typer.Option(help="In words, for people.")],
    at: Annotated[str, typer.Option(help="From when on; now if left out.")] = "",
) -> None:
    """Print a statement to be signed by the root keys.

    Exit codes: 0 printed, 2 something that cannot be stated.
    """
    from parley.app import ceremony

    found = ceremony.new_statement(
        {"party": party, "action": action, "role": role, "key": vkey, "reason": reason}, at
    )
    typer.echo(found.text, nl=False)
    typer.echo("\n".join(ceremony.statement_words(found)), err=True)


@statement.command(name="sign")
def sign_statement(
    file: Annotated[Path, typer.Argument(metavar="STATEMENT", help="The statement's text.")],
    root: Annotated[Path, typer.Argument(metavar="KEY", help="The file of one root key.")],
) -> None:
    """Print the statement with one root key's signature; what is signed is told on stderr.

    Exit codes: 0 signed, 2 no statement, not a root key, or another party's.
    """
    from parley.app import ceremony

    found = ceremony.read_statement(file)
    typer.echo("\n".join(ceremony.statement_words(found)), err=True)
    typer.echo(ceremony.sign_with(root, found).decode(), nl=False)


@statement.command()
def combine(
    files: Annotated[list[Path], typer.Argument(metavar="NOTE...", help="Signed statements.")],
) -> None:
    """Print one statement with the signatures of all.

    Exit codes: 0 printed, 2 not statements, or different ones.
    """
    from parley.app import ceremony

    typer.echo(ceremony.combined(files).decode(), nl=False)


@statement.command(name="check")
def check_statement(
    file: Annotated[Path, typer.Argument(metavar="NOTE", help="A signed statement.")],
    *,
    root: Annotated[list[str], typer.Option(help="A root key as text; may be repeated.")],
    threshold: Annotated[int, typer.Option(help="How many of them must have signed.")] = 2,
) -> None:
    """Check that enough root keys signed a statement, and print it in words.

    Exit codes: 0 enough signed, 1 too few or a bad signature, 2 bad usage or input.
    """
    from parley.app import ceremony
    from parley.world.faults import PeerFault

    try:
        found = ceremony.checked_statement(file, root, threshold)
    except PeerFault as fault:
        typer.echo(f"parley: {fault}", err=True)
        raise typer.Exit(1) from None
    typer.echo("\n".join(ceremony.statement_words(found)))


def _stdin_lines() -> list[str]:
    import sys

    return [line.strip() for line in sys.stdin.read().splitlines() if line.strip()]
