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
            metavar="VKEY",
            help="A key that you have from its owner, as parley node init printed it: log keys, "
            "and mirror keys if you have them. May be repeated.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Verify a record: every byte of every entry against the signed heads.

    "record intact" means: these are the bytes that were signed. It says nothing about their truth.
    Without --key the pack's own keys are used; then compare the fingerprints with their owners, by
    voice.

    Exit codes: 0 intact, 1 not intact (the line names log and entry), 2 bad usage or input.
    """
    import msgspec

    from parley.app.config import read_bytes
    from parley.app.verifying import report_lines, trusted_keys
    from parley.review.verify import PACK_BYTES_MAX, read_pack, verify_pack
    from parley.world.faults import PeerFault

    data = read_bytes(pack, "pack", PACK_BYTES_MAX)
    try:
        trusted = trusted_keys(key or [], [log.origin for log in read_pack(data)])
        report = verify_pack(data, trusted)
    except PeerFault as fault:
        typer.echo(f"parley: {pack}: not intact: {fault}", err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(msgspec.json.encode(report).decode())
    else:
        typer.echo("\n".join(report_lines(report)))
