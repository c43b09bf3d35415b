"""`parley verify`: is an exported record what was signed? Offline, with public keys alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def verify(
    pack: Annotated[Path, typer.Argument(metavar="PACK", help="What parley log export wrote.")],
    *,
    key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VKEY|FILE",
            help="A key that you have from its owner, as parley node init printed it, or a file "
            "with such keys: log keys; mirror, witness, link and root keys if you have them. May "
            "be repeated.",
        ),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(help="A C2SP policy: whose cosignatures you ask for, in place of the pack's."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what each step asked, and what it found.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Verify a record: every byte of every entry against the signed heads.

    "record intact" means: these are the bytes that were signed, and those who should hold them do.
    It says nothing about their truth. "undecided" means that nothing is wrong, but that somebody
    stopped cosigning, or saw more than is shown. Without --key the pack's own keys are used; then
    compare the fingerprints with their owners, by voice.

    Exit codes: 0 intact, 1 not intact (the line names step, log and entry) or undecided, 2 bad
    usage or input.
    """
    import msgspec

    from parley.app.config import read_bytes
    from parley.app.verifying import fault_lines, given_keys, given_policies, report_lines
    from parley.review.verify import INTACT, PACK_BYTES_MAX, PackFault, finding_of, verify_pack

    data = read_bytes(pack, "pack", PACK_BYTES_MAX)
    try:
        given = given_keys(key or [])
        report = verify_pack(data, given, given_policies(policy))
    except PackFault as fault:
        if as_json:
            typer.echo(msgspec.json.encode(finding_of(fault)).decode())
        typer.echo("\n".join(fault_lines(str(pack), fault, explain=explain)), err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(msgspec.json.encode(report).decode())
    else:
        typer.echo("\n".join(report_lines(report, explain=explain, given=given)))
    raise typer.Exit(0 if report.verdict == INTACT else 1)
