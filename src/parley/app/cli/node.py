"""`parley node`: make a party's node, and run it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

node = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Make and run a party's node.\n\nExit codes: 0 fine, 2 bad usage or input.",
)


@node.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The node's own new folder.")],
    *,
    party: Annotated[str, typer.Option(help="The party's id, as the agreements write it.")],
    listen: Annotated[
        str, typer.Option(help="Where peers reach this node, host:port.")
    ] = "127.0.0.1:0",
    http: Annotated[
        str, typer.Option(help="Where it serves its page and API, loopback host:port.")
    ] = "127.0.0.1:8080",
) -> None:
    """Make a folder with node.toml, keys and a token, and print what the peers need.

    The keys are drawn here, stay in files that only their owner can read, and are never printed.
    What is printed is public: paste it into each peer's node.toml, and compare the fingerprints by
    voice.

    Exit codes: 0 made, 2 bad input, or something of that name is there already.
    """
    from parley.app.setup import make_node

    typer.echo(make_node(folder, party=party, listen=listen, http=http), nl=False)


@node.command()
def run(
    config: Annotated[
        Path, typer.Argument(metavar="CONFIG.toml", help="The node's file, or its folder.")
    ],
    *,
    driven: Annotated[
        bool,
        typer.Option(
            "--driven", help="Drive the clock by JSON lines on stdin; replies go to stdout."
        ),
    ] = False,
) -> None:
    """Run a node until Ctrl-C or SIGTERM.

    Exit codes: 0 stopped as told, 2 bad configuration, a port or store that cannot be had.
    """
    from parley.app.config import load_node

    setup = load_node(config / "node.toml" if config.is_dir() else config)
    from parley.app.process import run_node

    run_node(setup, driven=driven)
