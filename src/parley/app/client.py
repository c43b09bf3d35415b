"""What the command line asks of a running node: its HTTP API, from the same machine.

A fault that the node tells comes back as the same fault here. No proxy is ever used. Over TLS the
node's own certificate is wanted and no other, and looking shows the token too.
"""

from __future__ import annotations

import http.client
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from parley.app.addresses import EVERY_ADDRESS, is_loopback
from parley.app.private_files import read_token
from parley.world.faults import InputFault, OurFault

T = TypeVar("T")
_TIMEOUT_S = 30.0
_FILE_TIMEOUT_S = 600.0
_REPLY_BYTES_MAX = 1 << 30


class _FaultBody(msgspec.Struct, frozen=True, kw_only=True):
    what: str
    value: str | None = None
    wanted: str = ""
    repair: str = ""


class Client:
    """A running node.

    Args:
        node: its address ("http://127.0.0.1:8080", or without the first part), or its folder or
            TOML file.
        token: its token file; with a folder or TOML file the one that is named there.
        bearer: a unit's own token, shown in its place.

    Raises:
        InputFault: no such node, or an address that is not of this machine.
    """

    def __init__(self, node: str, token: Path | None, *, bearer: str = "") -> None:
        self._token = token
        self._bearer = bearer
        self._certificate: Path | None = None
        host, _, digits = node.rpartition(":")
        if host and "/" not in node and digits.isdigit() and not Path(node).exists():
            node = f"http://{node}"
        if node.startswith("http://"):
            parts = urlsplit(node)
            try:
                self._host, port = parts.hostname or "", parts.port
            except ValueError:
                self._host, port = "", None
            if not is_loopback(self._host) or port is None:
                wanted = "a node's address on this machine, with its port"
                raise InputFault("--node", value=node, wanted=wanted)
            self._port: int = port
        else:
            self._from_config(Path(node))

    def _from_config(self, path: Path) -> None:
        # A configuration leans on all that a node is: asked for by its address, half as long.
        from parley.app.config import read_config

        path = path / "node.toml" if path.is_dir() else path
        config = read_config(path)
        if config.http is None or config.http.port == 0:
            raise InputFault(
                f"{path} http port",
                value="none that is fixed",
                wanted="a port",
                repair="give --node the address that the node printed, and --token its token file",
            )
        self._host, self._port = _reached(config.http.host), config.http.port
        if config.http.tls_certificate is not None:
            self._certificate = path.parent / config.http.tls_certificate
        if self._token is None:
            self._token = path.parent / config.http.token

    def get(self, path: str, kind: type[T]) -> T:
        """Return what the node answers.

        Raises:
            InputFault: it cannot be reached, or refuses.
        """
        return self._decode(self._ask("GET", path, b"", self._looking()), kind)

    def get_bytes(self, path: str) -> bytes:
        """Return what the node answers, as it is.

        Raises:
            InputFault: it cannot be reached, or refuses.
        """
        return self._ask("GET", path, b"", self._looking())

    def post_for_bytes(self, path: str, body: object) -> bytes:
        """Return what the node answers to an act, as it is.

        Raises:
            InputFault: it cannot be reached, or refuses; nothing has changed.
        """
        return self._ask("POST", path, msgspec.json.encode(body), self._acting("application/json"))

    def post_file(self, path: str, data: bytes, kind: type[T]) -> T:
        """Return what the node answers to a file; it may be long about it.

        Raises:
            InputFault: it cannot be reached, or refuses; nothing has changed.
        """
        headers = self._acting("application/octet-stream")
        return self._decode(self._ask("POST", path, data, headers, _FILE_TIMEOUT_S), kind)

    def post(self, path: str, body: object, kind: type[T]) -> T:
        """Return what the node answers to an act.

        Raises:
            InputFault: it cannot be reached, or refuses; nothing has changed.
        """
        headers = self._acting("application/json")
        return self._decode(self._ask("POST", path, msgspec.json.encode(body), headers), kind)

    def _looking(self) -> dict[str, str]:
        if self._bearer:
            return {"Authorization": f"Bearer {self._bearer}"}
        if self._certificate is None or self._token is None:
            return {}
        return {"Authorization": f"Bearer {read_token(self._token)}"}

    def _acting(self, media: str) -> dict[str, str]:
        if self._bearer:
            return {"Authorization": f"Bearer {self._bearer}", "Content-Type": media}
        if self._token is None:
            raise InputFault("--token", wanted="the node's token file")
        return {"Authorization": f"Bearer {read_token(self._token)}", "Content-Type": media}

    def _decode(self, data: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(data, type=kind)
        except msgspec.MsgspecError as error:
            raise OurFault(
                "the node's answer",
                value=str(error),
                wanted="one of this release",
                repair="run the command line of the node's own release",
            ) from None

    def _connection(self, timeout_s: float) -> http.client.HTTPConnection:
        if self._certificate is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=timeout_s)
        from parley.app.tls import PinnedConnection

        return PinnedConnection(self._host, self._port, self._certificate, within_s=timeout_s)

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: dict[str, str],
        timeout_s: float = _TIMEOUT_S,
    ) -> bytes:
        where = f"{self._host}:{self._port}"
        connection = self._connection(timeout_s)
        try:
            connection.request(method, path, body or None, headers)
            reply = connection.getresponse()
            data = reply.read(_REPLY_BYTES_MAX)
        except (OSError, http.client.HTTPException) as error:
            raise InputFault(
                f"node at {where}",
                value=str(error) or type(error).__name__,
                wanted="a running node",
                repair="start it with parley node run, or give --node its address",
            ) from None
        finally:
            connection.close()
        if reply.status >= 400:
            raise _told(data, reply.status)
        return data


def _reached(host: str) -> str:
    """Return where this machine reaches a node that listens at an address.

    >>> _reached("::"), _reached("192.0.2.7")
    ('::1', '192.0.2.7')
    """
    if host not in EVERY_ADDRESS:
        return host
    return "::1" if ":" in host else "127.0.0.1"


def _told(data: bytes, status: int) -> InputFault:
    """Return the fault that the node told."""
    try:
        body = msgspec.json.decode(data, type=_FaultBody)
    except msgspec.MsgspecError:
        return InputFault("node", value=f"status {status}", wanted="an answer of a parley node")
    return InputFault(body.what, value=body.value, wanted=body.wanted, repair=body.repair)
