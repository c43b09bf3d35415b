"""Whom a node calls when an alarm stands: the `[alarm]` table of its file, checked at the start.

A contact belongs to a post. Passwords and the secret of a signature lie in files that only we can
read; none is ever shown. What is missing is named in one line, with the nearest right name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from parley.app.private_files import read_private
from parley.node.line_bodies import AlarmChannel
from parley.node.rules.agreements import posts_of
from parley.world.agreement import Agreement, check_post
from parley.world.faults import InputFault, nearest
from parley.world.norms import CLASSES, MessageClass, norms

_URL_CHARACTERS_MAX = 1_000
_ADDRESS_CHARACTERS_MAX = 254
_SECRET_CHARACTERS_MIN = 16
_REPEAT_S_MIN = 10
_REPEAT_S_MAX = 3_600
_REPEATS_MAX = 1_000
_RUNG_MAX = 10
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class ContactConfig(_Table, frozen=True, kw_only=True):
    """Who is called for a post: by which channel, for which classes, from which rung on.

    `url` and `secret` (a file): of a webhook. `address`: of mail, such as that of a pager gateway.
    Without `classes` it is called for all. `name`: told apart by it from others of the same post.
    """

    post: str
    channel: AlarmChannel
    url: str | None = None
    secret: str | None = None
    address: str | None = None
    classes: tuple[str, ...] = ()
    from_rung: int = 0
    name: str | None = None


class SmtpConfig(_Table, frozen=True, kw_only=True):
    """The mail server: by STARTTLS unless told otherwise, never a password in the clear.

    `password`: a file. `tls`: "starttls", "implicit" or "none".
    """

    host: str
    port: int = 587
    sender: str
    tls: str = "starttls"
    user: str | None = None
    password: str | None = None


class AlarmConfig(_Table, frozen=True, kw_only=True):
    """Alarms that leave the house.

    `sound`: the program that plays a file, with its arguments; the file's name is added at the end.
    Without it a sound is the terminal's bell. `ca`: a file of certificates to trust besides none.
    """

    repeat_s: int | None = None
    repeats_max: int | None = None
    sound: tuple[str, ...] = ()
    ca: str | None = None
    smtp: SmtpConfig | None = None
    contact: tuple[ContactConfig, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact that holds.

    Attributes:
        name: tells it apart from others of the post and channel; no secret is in it.
        post: ours.
        channel: by which it is called.
        address: URL or mail address; empty for a sound.
        secret: signs what goes to a webhook.
        classes: for which it is called.
        from_rung: of the ladder.
    """

    name: str
    post: str
    channel: AlarmChannel
    address: str = ""
    secret: bytes = b""
    classes: tuple[MessageClass, ...] = CLASSES
    from_rung: int = 0

    def __repr__(self) -> str:
        return f"Contact({self.name!r})"


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server that holds."""

    host: str
    port: int
    sender: str
    tls: str
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"MailServer({self.host!r})"


@dataclass(frozen=True, slots=True)
class AlarmSetup:
    """Whom to call, how often, and by what.

    Attributes:
        contacts: in the order of the file.
        repeat_s: how soon an alarm goes out again while nobody has taken it.
        repeats_max: how often at most.
        sound: the program with its arguments.
        ca: certificates to trust instead of the system's.
        mail: the server.
    """

    contacts: tuple[Contact, ...]
    repeat_s: int
    repeats_max: int
    sound: tuple[str, ...] = ()
    ca: Path | None = None
    mail: MailServer | None = None


def alarm_setup(
    what: str,
    folder: Path,
    config: AlarmConfig | None,
    party: str,
    agreements: Mapping[str, Agreement],
) -> AlarmSetup | None:
    """Return whom a node calls; None where its file has no `[alarm]` table.

    Args:
        what: the file, as its owner knows it.
        folder: where its paths begin.
        config: the table.
        party: whose node it is.
        agreements: those that it has adopted.

    Raises:
        InputFault: a post that is not ours, an address that is none, a secret that others can read.
    """
    if config is None:
        return None
    what = f"{what} alarm"
    usual = norms().alarm_call
    repeat_s = usual.repeat_s if config.repeat_s is None else config.repeat_s
    repeats_max = usual.repeats_max if config.repeats_max is None else config.repeats_max
    _within(f"{what} repeat_s", repeat_s, _REPEAT_S_MIN, _REPEAT_S_MAX)
    _within(f"{what} repeats_max", repeats_max, 0, _REPEATS_MAX)
    posts = _posts(party, agreements)
    contacts = tuple(_contact(f"{what} contact", folder, each, posts) for each in config.contact)
    _refuse_same(f"{what} contact", contacts)
    mailed = [each for each in contacts if each.channel == "smtp"]
    if mailed and config.smtp is None:
        repair = "add [alarm.smtp] with host and sender"
        raise InputFault(f"{what} smtp", value="missing", wanted="a mail server", repair=repair)
    ca = folder / config.ca if config.ca is not None else None
    if ca is not None and not ca.is_file():
        raise InputFault(f"{what} ca", value=str(ca), wanted="a file of certificates (PEM)")
    return AlarmSetup(
        contacts=contacts,
        repeat_s=repeat_s,
        repeats_max=repeats_max,
        sound=config.sound,
        ca=ca,
        mail=_mail(f"{what} smtp", folder, config.smtp) if config.smtp is not None else None,
    )


def uncalled_posts(
    setup: AlarmSetup | None, party: str, agreements: Mapping[str, Agreement]
) -> list[str]:
    """Return our posts that no contact calls, in words; nothing where no table asks for calls."""
    if setup is None:
        return []
    called = {contact.post for contact in setup.contacts}
    missing = [post for post in _posts(party, agreements) if post not in called]
    return [
        f"alarm: nobody is called for post {post}: add an [[alarm.contact]]" for post in missing
    ]


def _within(what: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InputFault(what, value=value, wanted=f"{least} to {most}")


def _posts(party: str, agreements: Mapping[str, Agreement]) -> tuple[str, ...]:
    every = (post for _, each in sorted(agreements.items()) for post in posts_of(each, party))
    return tuple(dict.fromkeys(every))


def _refuse_same(what: str, contacts: Iterable[Contact]) -> None:
    seen: set[tuple[str, str, str]] = set()
    for each in contacts:
        key = (each.post, each.channel, each.name)
        if key in seen:
            raise InputFault(
                f"{what} of post {each.post}",
                value=each.name,
                wanted="each one once",
                repair="give one of them another name",
            )
        seen.add(key)


def _contact(what: str, folder: Path, table: ContactConfig, posts: tuple[str, ...]) -> Contact:
    check_post(table.post, f"{what} post")
    what = f"{what} of post {table.post}"
    if table.post not in posts:
        close = nearest(table.post, list(posts))
        raise InputFault(
            f"{what}",
            value="no post of ours",
            wanted=f"one of {', '.join(posts) or 'none: name an agreement first'}",
            repair=f"did you mean {close!r}?" if close else "",
        )
    _within(f"{what} from_rung", table.from_rung, 0, _RUNG_MAX)
    classes = tuple(_class(what, word) for word in table.classes) or CLASSES
    address, usual, secret = _address(what, folder, table)
    name = table.name if table.name is not None else usual
    if not 0 < len(name) <= 64 or not name.isprintable() or ": " in name:
        raise InputFault(f"{what} name", value=name, wanted="1 to 64 characters without ': '")
    return Contact(
        name=name,
        post=table.post,
        channel=table.channel,
        address=address,
        secret=secret,
        classes=classes,
        from_rung=table.from_rung,
    )


def _class(what: str, word: str) -> MessageClass:
    for known in CLASSES:
        if known == word:
            return known
    close = nearest(word, list(CLASSES))
    repair = f"did you mean {close!r}?" if close else ""
    raise InputFault(f"{what} class", value=word, wanted=", ".join(CLASSES), repair=repair)


def _address(what: str, folder: Path, table: ContactConfig) -> tuple[str, str, bytes]:
    """Return where a contact is reached, its usual name, and the secret of its signature."""
    wanted = {"webhook": ("url", "secret"), "smtp": ("address",), "sound": ()}[table.channel]
    for name in ("url", "secret", "address"):
        given = getattr(table, name)
        if given is None and name in wanted:
            raise InputFault(f"{what} {name}", value="missing", wanted=f"one, for {table.channel}")
        if given is not None and name not in wanted:
            raise InputFault(f"{what} {name}", value=given, wanted=f"none, for {table.channel}")
    if table.channel == "webhook":
        assert table.url is not None
        assert table.secret is not None
        host = _host_of(f"{what} url", table.url)
        return table.url, host, _secret(folder / table.secret)
    if table.channel == "smtp":
        assert table.address is not None
        _check_address(f"{what} address", table.address)
        return table.address, table.address[:64], b""
    return "", "sound", b""


def _host_of(what: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
        parts = urlsplit("")
    good = good and len(url) <= _URL_CHARACTERS_MAX and url.isascii() and url.isprintable()
    if not good or " " in url or "#" in url or parts.username is not None:
        wanted = "http:// or https://, host and path; no user, blank or fragment"
        raise InputFault(what, value=url, wanted=wanted)
    host = parts.hostname or ""
    return (f"{host}:{parts.port}" if parts.port is not None else host)[:64]


def _secret(path: Path) -> bytes:
    what = f"alarm secret {path}"
    text = read_private(path, what, "write a line of 32 random characters, mode 0600")
    secret = text.strip()
    if len(secret) < _SECRET_CHARACTERS_MIN:
        wanted = f"{_SECRET_CHARACTERS_MIN} characters or more"
        raise InputFault(what, value="too short", wanted=wanted)
    return secret.encode()


def _check_address(what: str, address: str) -> None:
    local, at, host = address.rpartition("@")
    good = bool(local) and bool(at) and bool(host) and len(address) <= _ADDRESS_CHARACTERS_MAX
    odd = any(not c.isprintable() or c in ' <>,;:\\"()[]' for c in address)
    if not good or odd or not address.isascii():
        raise InputFault(what, value=address, wanted="name@host in ASCII")


def _mail(what: str, folder: Path, config: SmtpConfig) -> MailServer:
    if not config.host or any(c.isspace() or c in "/:@" for c in config.host):
        raise InputFault(f"{what} host", value=config.host, wanted="a host name or address")
    _within(f"{what} port", config.port, 1, 65_535)
    _check_address(f"{what} sender", config.sender)
    if config.tls not in ("starttls", "implicit", "none"):
        raise InputFault(f"{what} tls", value=config.tls, wanted="starttls, implicit or none")
    if (config.user is None) != (config.password is None):
        raise InputFault(f"{what} user", value=config.user, wanted="user and password, or neither")
    if config.user is not None and config.tls == "none" and config.host not in _LOOPBACK:
        raise InputFault(
            f"{what} tls",
            value="none",
            wanted="starttls or implicit",
            repair="a password never goes over a network in the clear",
        )
    password = ""
    if config.password is not None:
        path = folder / config.password
        repair = "write the password into it, mode 0600"
        password = read_private(path, f"alarm password {path}", repair).strip()
    return MailServer(
        host=config.host,
        port=config.port,
        sender=config.sender,
        tls=config.tls,
        user=config.user or "",
        password=password,
    )
