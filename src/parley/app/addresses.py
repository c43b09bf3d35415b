"""Addresses of nodes, as they are written in configurations and on the command line."""

from __future__ import annotations

import ipaddress

from parley.world.faults import InputFault

EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104  hosts are compared with these, none is bound
"""A node that listens there is asked at each address of its machine."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address.

    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_address(text: str, what: str) -> tuple[str, int]:
    """Return host and port.

    >>> parse_address("127.0.0.1:7001", "address"), parse_address("[::1]:7001", "address")
    (('127.0.0.1', 7001), ('::1', 7001))

    Raises:
        InputFault: not host:port.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    good = bool(host) and port.isascii() and port.isdigit() and int(port) <= 65_535
    if not good or any(letter.isspace() for letter in host):
        raise InputFault(what, value=text, wanted="host:port", repair="e.g. 127.0.0.1:7001")
    return host, int(port)
