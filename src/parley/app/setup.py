"""`parley node init`: the folder of a new node, and the text that its peers need.

Only public keys are returned. Nothing that is there already is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import Template

from parley.app.addresses import is_loopback, parse_address
from parley.app.config import read_config
from parley.app.keyfile import make_keys, read_keys
from parley.app.private_files import make_token
from parley.app.sessions import OBSERVER_FILE
from parley.node.identity import Keys
from parley.trust.keys import VerifierKey
from parley.world.agreement import check_name
from parley.world.faults import InputFault

_CONFIG = Template("""# The node of $party. Paths are relative to this folder.
party = "$party"

# One file, one writer: the logs of this party and its copies of the peers' logs.
store = "parley.db"

# The folder of the private keys. Whoever reads them can sign as $party.
keys = "keys"

# The first text of each agreement: TOML, YAML or JSON. What "parley agreement check" prints as its
# SHA-256 must be the same at every party. Later texts are signed, and need no file here.
agreements = []

# How long a start waits to hear from the peers how far they hold our own logs.
ask_mirrors_s = 5

# Where peers reach this node. Port 0 takes any that is free.
[listen]
host = "$listen_host"
port = $listen_port

# The page and the API for this party's own posts. Remove the table to serve none. Acts need the
# token in this file; whoever shows the one in "observer-token" may look and never act. An address
# that other machines reach needs both TLS files and the names under which they ask (docs/node.md).
[http]
host = "$http_host"
port = $http_port
token = "token"
# tls_certificate = "page.crt"
# tls_key = "page.key"
# hosts = ["post.example"]

# This party's offline root: "parley key make-root" printed it. "threshold" of these keys together
# say that a stolen key counts no more.
# [root]
# threshold = 2
# keys = ["...", "...", "..."]

# One table per peer; its own "parley node init" printed it. Compare the fingerprints by voice.
# [[peer]]
# party = "..."
# address = "host:port"
# log = "..."
# mirror = "..."
# link = "..."
# witness = "..."
# seal = "..."
# next = "..."
# root_threshold = 2
# roots = ["...", "...", "..."]

# Outside witnesses that are asked to cosign the heads of the logs.
# [[witness]]
# name = "..."
# url = "https://..."
# vkey = "..."

# Heads and hashes of the logs, for other people's tools (C2SP tlog-tiles). Entries only if said so.
# [c2sp]
# host = "127.0.0.1"
# port = 8081
# entries = false

# The same as files, for a web server of its own. Anybody may read this folder.
# [publish]
# folder = "public"
""")


def make_node(folder: Path, *, party: str, listen: str, http: str) -> str:
    """Return the `[[peer]]` table that the peers of a new node paste into their files.

    Args:
        folder: made; may exist, but holds no node yet.
        party: the id of the party.
        listen: host:port for peers.
        http: loopback host:port for the page and the API.

    Raises:
        InputFault: a bad name or address, or a node that is there already.
    """
    check_name(party, "--party")
    if '"' in party:
        raise InputFault("--party", value=party, wanted="a name without quotation marks")
    listen_host, listen_port = parse_address(listen, "--listen")
    http_host, http_port = parse_address(http, "--http")
    if not is_loopback(http_host):
        raise InputFault("--http", value=http_host, wanted="a loopback address, e.g. 127.0.0.1")
    config = folder / "node.toml"
    if config.exists():
        raise InputFault(
            f"{config}",
            value="there already",
            wanted="a new folder",
            repair="a node is never remade",
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_keys(folder / "keys", party)
        make_token(folder / "token")
        make_token(folder / OBSERVER_FILE)
        config.write_text(
            _CONFIG.substitute(
                party=party,
                listen_host=listen_host,
                listen_port=listen_port,
                http_host=http_host,
                http_port=http_port,
            ),
            "utf-8",
        )
    except OSError as error:
        raise InputFault(f"{folder}", value=error.strerror, wanted="a writable folder") from None
    return peer_table(party, listen, read_keys(folder / "keys", party))


def make_observer_token(config: Path) -> Path:
    """Return the file of a new token of those who may only look.

    Raises:
        InputFault: no node there that serves a page, or it has one already.
    """
    path = _observer_path(config)
    make_token(path)
    return path


def revoke_observer_token(config: Path) -> Path:
    """Return the file of the token that counts no more; a running node ends its sessions at once.

    Raises:
        InputFault: no node there that serves a page, or it has none.
    """
    path = _observer_path(config)
    try:
        path.unlink()
    except OSError as error:
        raise InputFault(f"{path}", value=error.strerror, wanted="a token to take away") from None
    return path


def _observer_path(config: Path) -> Path:
    http = read_config(config).http
    if http is None:
        raise InputFault(f"{config} http", value="none", wanted="a node that serves a page")
    return (config.parent / http.token).with_name(OBSERVER_FILE)


def peer_table(
    party: str, address: str, keys: Keys, roots: Sequence[VerifierKey] = (), threshold: int = 0
) -> str:
    """Return the `[[peer]]` table of a party: public keys, and fingerprints to compare by voice.

    Args:
        party: whose table it is.
        address: where its peers reach it.
        keys: its keys.
        roots: the public keys of its offline root.
        threshold: how many of them decide together.
    """
    lines = ["[[peer]]", f'party = "{party}"', f'address = "{address}"']
    for role, key in (
        ("log", keys.log),
        ("mirror", keys.mirror),
        ("link", keys.link),
        ("witness", keys.witness),
    ):
        lines.append(f"# fingerprint {key.verifier.fingerprint}")
        lines.append(f'{role} = "{key.verifier.vkey}"')
    lines += [f"# fingerprint {grouped(keys.seal.digest)}", f'seal = "{keys.seal.digest}"']
    if keys.next_sha256 is not None:
        lines.append(f'next = "{keys.next_sha256}"')
    return "\n".join([*lines, *_root_lines("root_threshold", "roots", roots, threshold)]) + "\n"


def root_table(keys: Sequence[VerifierKey], threshold: int) -> str:
    """Return the `[root]` table of a party's own file."""
    return "\n".join(["[root]", *_root_lines("threshold", "keys", keys, threshold)]) + "\n"


def _root_lines(count: str, name: str, keys: Sequence[VerifierKey], threshold: int) -> list[str]:
    if not keys:
        return []
    lines = [f"{count} = {threshold}", f"{name} = ["]
    for key in keys:
        lines += [f"  # fingerprint {key.fingerprint}", f'  "{key.vkey}",']
    return [*lines, "]"]


def grouped(digest: str) -> str:
    """Return the first half of a digest in eight groups of four, to read out to a person.

    >>> grouped("0123456789abcdef" * 4)
    '0123 4567 89ab cdef 0123 4567 89ab cdef'
    """
    return " ".join(digest[at : at + 4] for at in range(0, 32, 4))
