"""`parley node`: make a party's node, and run it."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from parley.app.config import NodeSetup

_ENDING = (signal.SIGINT, signal.SIGTERM)

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


_CONFIG = typer.Argument(metavar="CONFIG.toml", help="The node's file, or its folder.")


@node.command()
def check(config: Annotated[Path, _CONFIG]) -> None:
    """Read a node's file, its keys and its agreements, and print what is missing.

    Nothing is started and nothing is changed.

    Exit codes: 0 the node can run, 2 it cannot, for the reason in the one line.
    """
    from parley.app.config import load_node

    setup = load_node(config / "node.toml" if config.is_dir() else config)
    who = setup.identity
    peers = ", ".join(sorted(who.peers)) or "none"
    typer.echo(f"{who.party}: agreements {', '.join(who.agreements) or 'none'}; peers {peers}")
    if setup.tls is not None:
        typer.echo(f"page certificate SHA-256 {setup.tls.fingerprint}")
    for line in setup.notices:
        typer.echo(line)


@node.command("observer-token")
def observer_token(
    config: Annotated[Path, _CONFIG],
    *,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Take it away: it and its sessions count no more.")
    ] = False,
) -> None:
    """Make the token of those who may only look, or take it away; a node that runs follows at once.

    The token itself is not printed: it is the one line of the file that is named. Whoever shows it
    at the page or the console sees all that the post sees, is refused every act, and writes no
    receipt.

    Exit codes: 0 made or taken away, 2 it is there already, or there is none.
    """
    from parley.app.setup import make_observer_token, revoke_observer_token

    path = config / "node.toml" if config.is_dir() else config
    done = revoke_observer_token(path) if revoke else make_observer_token(path)
    typer.echo(f"{done}: {'taken away' if revoke else 'made'}")


@node.command()
def run(
    config: Annotated[Path, _CONFIG],
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


@node.command()
def backup(
    config: Annotated[Path, _CONFIG],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The new file.")],
) -> None:
    """Copy the store of a node that does not run into one file, checked whole.

    The keys are not in it. A standby (`parley node standby`) copies a node that runs.

    Exit codes: 0 written, 1 the store is damaged, 2 no store, or the file is there.
    """
    from parley.app.upkeep import backup_node

    sizes = backup_node(_load(config), output)
    typer.echo(f"{output}: {len(sizes)} logs, {sum(sizes.values())} entries", err=True)


@node.command()
def restore(
    config: Annotated[Path, _CONFIG],
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="A file of node backup.")],
) -> None:
    """Put a backup in the place of a store that is gone.

    The next start asks the peers, before it signs anything, for what was signed since.

    Exit codes: 0 restored, 1 the backup is damaged, 2 there is a store already.
    """
    from parley.app.upkeep import restore_node

    sizes = restore_node(_load(config), source)
    typer.echo(f"{len(sizes)} logs, {sum(sizes.values())} entries; asks its mirrors at the start")


@node.command()
def standby(
    config: Annotated[Path, _CONFIG],
    *,
    primary: Annotated[str, typer.Option(help="The first node's page and API, host:port.")],
    token: Annotated[Path, typer.Option(help="The first node's token file.")],
) -> None:
    """Follow a running node of the same party: copy its store, check every head, sign nothing.

    The folder has the same keys. Stop it with Ctrl-C; `parley node takeover` lets it write.

    Exit codes: 0 stopped as told, 2 a store that has signed, another party's, bad input.
    """
    import threading

    from parley.app.addresses import parse_address
    from parley.app.private_files import read_token
    from parley.app.record_types import read_record_types
    from parley.app.standby import Replica, ask_over_http
    from parley.store.sqlite import Store

    setup = _load(config)
    host, port = parse_address(primary, "--primary")
    stop = threading.Event()
    read_record_types()
    with Store(setup.store) as store:
        replica = Replica(store, setup.identity, ask_over_http(host, port, read_token(token)))
        following = threading.Thread(target=replica.run, args=(stop,))
        following.start()
        typer.echo(f"standby of {setup.config.party}: following {primary}", err=True)
        said = ""
        # Not by KeyboardInterrupt: who starts it in the background has Ctrl-C ignored for it, and
        # a service manager ends it by SIGTERM.
        before = {n: signal.signal(n, lambda *_: stop.set()) for n in _ENDING}
        try:
            while following.is_alive():
                following.join(1.0)
                view = replica.view()
                now = view.fault or "; ".join(f"{o}: {why}" for o, why in view.faults.items())
                if now != said:
                    typer.echo(f"standby: {now or 'follows again'}", err=True)
                    said = now
        finally:
            stop.set()
            following.join()
            for number, handler in before.items():
                signal.signal(number, handler)


@node.command()
def takeover(
    config: Annotated[Path, _CONFIG],
    *,
    by: Annotated[str, typer.Option(help="The post that decides.")],
    reason: Annotated[str, typer.Option(help="Why, in words.")],
) -> None:
    """Let a standby write for its party: in new logs that name the first node's.

    Stop the first node before. If it runs on all the same, no log forks: its peers take nothing
    more from it once they have seen the takeover.

    Exit codes: 0 may run now, 2 nothing stands by here.
    """
    from parley.app.clock import wall_clock
    from parley.app.upkeep import take_over

    for origin in take_over(_load(config), post=by, reason=reason, now_us=wall_clock()):
        typer.echo(f"{origin}: will be continued in a new incarnation")


@node.command(name="rotate-key")
def rotate_key(config: Annotated[Path, _CONFIG]) -> None:
    """Put the promised next log key of a node that does not run in force, and promise another.

    Peers need no new file: the entry that says so is signed by both keys, and the new one is the
    one whose digest they have.

    Exit codes: 0 in force, 1 the store is damaged, 2 keys or store that cannot be read.
    """
    from parley.app.clock import wall_clock
    from parley.app.upkeep import rotate_log_key

    vkey, digest = rotate_log_key(_load(config), now_us=wall_clock())
    typer.echo(f"log key now in force: {vkey}")
    typer.echo(f"digest of the next: {digest}")


def _load(config: Path) -> NodeSetup:
    from parley.app.config import load_node

    return load_node(config / "node.toml" if config.is_dir() else config)
