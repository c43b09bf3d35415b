"""`parley log`: the logs of a node, from its store file or from the running node."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from parley.store.sqlite import Store

log = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="List, check and export the logs of a node.\n\nExit codes: 0 fine, 1 the store is damaged,"
    " 2 bad usage or input.",
)
_STORE = typer.Argument(
    metavar="STORE", help="The node's folder, TOML file or store file; the node must not run."
)


def _open(path: Path, *, check: bool) -> Store:
    """Return the store of a node that does not run; never a new one."""
    from parley.app.config import read_config
    from parley.store.sqlite import Store
    from parley.world.faults import InputFault

    path = path / "node.toml" if path.is_dir() else path
    if path.suffix == ".toml":
        path = path.parent / read_config(path).store
    if not path.is_file():
        raise InputFault(f"store {path}", value="not there", wanted="a node's store file")
    return Store(path, check=check)


def _is_address(text: str) -> bool:
    """Whether a running node is meant: http://..., or host:port where no file has that name."""
    if text.startswith("http://"):
        return True
    host, _, port = text.rpartition(":")
    return bool(host) and "/" not in text and port.isdigit() and not Path(text).exists()


@log.command(name="list")
def list_logs(
    store: Annotated[Path, _STORE],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Print each log with its size, the root of its newest signed head, and its cosigners.

    Exit codes: 0 printed, 2 no such store, or held by a running node.
    """
    import msgspec

    from parley.app.evidence import log_lines, stored_logs

    with _open(store, check=False) as opened:
        found = stored_logs(opened)
    if as_json:
        for each in found:
            typer.echo(msgspec.json.encode(each).decode())
    else:
        typer.echo("\n".join(log_lines(found)))


@log.command()
def fsck(store: Annotated[Path, _STORE]) -> None:
    """Check every entry of every log against the signed heads.

    Exit codes: 0 sound, 1 damaged (the line names log and entry), 2 no such store.
    """
    from parley.world.faults import OurFault

    with _open(store, check=False) as opened:
        try:
            sizes = opened.fsck()
        except OurFault as fault:
            typer.echo(f"parley: {fault}", err=True)
            raise typer.Exit(1) from None
    for origin, size in sorted(sizes.items()):
        typer.echo(f"{origin}: {size} entries, sound")


@log.command()
def export(
    store: Annotated[
        str,
        typer.Argument(
            metavar="STORE",
            help="The node's folder, TOML file or store file; or, for a running node, its address.",
        ),
    ],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The pack to write.")],
    agreement: Annotated[str, typer.Option(help="Only the logs under this agreement.")] = "",
) -> None:
    """Write the evidence pack: own logs, copies of the peers', signed heads and cosignatures.

    Anybody can check it offline with `parley verify`.

    Exit codes: 0 written, 2 no such store, or one that a running node holds (give its address).
    """
    from parley.app.config import write_bytes

    if _is_address(store):
        from urllib.parse import quote

        from parley.app.client import Client

        query = f"?agreement={quote(agreement, safe='')}" if agreement else ""
        url = store if store.startswith("http://") else f"http://{store}"
        data = Client(url, None).get_bytes(f"/api/export{query}")
    else:
        from parley.app.evidence import make_pack

        with _open(Path(store), check=False) as opened:
            data = make_pack(opened, agreement or None)
    write_bytes(output, data, "pack")
    typer.echo(f"{output}: {len(data)} bytes", err=True)
