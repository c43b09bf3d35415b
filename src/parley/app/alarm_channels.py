"""How an alarm leaves the house: webhook, mail to a pager or SMS gateway, local sound.

Rules:
- Each call has an end: a server that answers a byte a second is cut off.
- What goes out says class, line, what, post and time, and never a word of a message.
- No proxy is used and no redirect followed; a password never goes in the clear; TLS is verified.
- Everything here blocks, in a thread of its own; `outbound` decides when.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import math
import shutil
import smtplib
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import wave
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from parley.app.alarm_config import AlarmSetup, Contact, MailServer
from parley.node.rules.alarms import Alarm
from parley.world.time import format_second

STEP_TIMEOUT_S = 5.0
"""For each step of a call: to connect, to answer."""
CALL_TIMEOUT_S = 15.0
"""For a whole call, whatever the other end does."""
SOUND_TIMEOUT_S = 20.0
TEXT_CHARACTERS_MAX = 160
_REPLY_BYTES_MAX = 4_096
_TONE_RATE_HZ = 8_000
_TONE_HZ = (880.0, 660.0)
_TONE_S = 0.4
_DETAIL_CHARACTERS = 160
SIGNATURE = "X-Parley-Signature"


class Unsent(Exception):  # noqa: N818  it is a report, not a mistake of ours
    """An alarm did not go out, with why."""


class WebhookBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook gets: an alarm as it stands, from whose node, sent when and how often.

    `grouped`: alarms that this one call stands for, 0 for a single one.
    """

    party: str
    agreement: str
    alarm: str
    kind: str
    alarm_class: str
    line: str
    about: str
    text: str
    post: str
    rung: int
    since_us: int
    sent_us: int
    attempt: int
    grouped: int = 0
    test: bool = False


def webhook_body(party: str, alarm: Alarm, now_us: int, attempt: int, *, grouped: int = 0) -> bytes:
    """Return the JSON that a webhook gets."""
    return msgspec.json.encode(
        WebhookBody(
            party=party,
            agreement=alarm.agreement,
            alarm=alarm.name,
            kind=alarm.kind,
            alarm_class=alarm.alarm_class,
            line=alarm.line,
            about=alarm.party,
            text=alarm.text,
            post=alarm.post,
            rung=alarm.rung,
            since_us=alarm.since_us,
            sent_us=now_us,
            attempt=attempt,
            grouped=grouped,
            test=alarm.kind == "test call",
        )
    )


def short_text(party: str, alarm: Alarm, now_us: int) -> str:
    """Return an alarm as one text for a pager: printable ASCII, 160 characters at most.

    What is cut off is the end of what happened; class, post and time always stand.
    """
    time = format_second(now_us)
    head = f"PARLEY {_ascii(party)[:16]} {alarm.alarm_class}: "
    tail = f" CALL {_ascii(alarm.post)[:24]} {time}"
    said = _ascii(alarm.text)
    line = _ascii(alarm.line)[:24]
    if line and line not in said:
        said = f"{line}: {said}"
    room = TEXT_CHARACTERS_MAX - len(head) - len(tail)
    return f"{head}{said if len(said) <= room else said[: room - 3] + '...'}{tail}"


def _ascii(text: str) -> str:
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in text)


def signature(secret: bytes, body: bytes) -> str:
    """Return what the signature header says of a body: HMAC-SHA256 in hex."""
    return f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"


class Channels:
    """The three ways out, with what they need.

    Args:
        setup: from `alarm_config`.
        party: whose node it is.
    """

    def __init__(self, setup: AlarmSetup, party: str) -> None:
        self._setup = setup
        self._party = party
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._tls: ssl.SSLContext | None = None

    def close(self) -> None:
        """Remove what was made."""
        if self._folder is not None:
            self._folder.cleanup()

    def fault(self) -> str:
        """Return why no sound can be made here; empty where one can, or none is asked for."""
        program = self._setup.sound[:1]
        if not any(each.channel == "sound" for each in self._setup.contacts):
            return ""
        if program and shutil.which(program[0]) is None:
            return f"alarm sound: no program {program[0]!r} here"
        if not program and not sys.stderr.isatty():
            return "alarm sound: no program is named, and there is no terminal to ring its bell"
        return ""

    def send(
        self, contact: Contact, alarm: Alarm, now_us: int, attempt: int, grouped: int = 0
    ) -> str:
        """Call one contact about one alarm; return how it went.

        Raises:
            Unsent: it did not, with why.
        """
        try:
            if contact.channel == "webhook":
                body = webhook_body(self._party, alarm, now_us, attempt, grouped=grouped)
                return self._webhook(contact, body)
            if contact.channel == "smtp":
                text = short_text(self._party, alarm, now_us)
                return self._mail(contact, text)
            return self._sound()
        except (OSError, http.client.HTTPException, smtplib.SMTPException, ValueError) as error:
            why = str(error) or type(error).__name__
            raise Unsent(_ascii(why)[:_DETAIL_CHARACTERS]) from None

    # ---- webhook --------------------------------------------------------------------------------

    def _webhook(self, contact: Contact, body: bytes) -> str:
        parts = urlsplit(contact.address)
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        host = parts.hostname or ""
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                host, parts.port, timeout=STEP_TIMEOUT_S, context=self._context()
            )
        else:
            connection = http.client.HTTPConnection(host, parts.port, timeout=STEP_TIMEOUT_S)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "parley",
            SIGNATURE: signature(contact.secret, body),
        }
        with contextlib.closing(connection), _cut_after(CALL_TIMEOUT_S, lambda: connection.sock):
            connection.request("POST", path, body, headers)
            reply = connection.getresponse()
            reply.read(_REPLY_BYTES_MAX)
            status = reply.status
        if 300 <= status < 400:
            raise Unsent(f"status {status}: a redirect is not followed")
        if not 200 <= status < 300:
            raise Unsent(f"status {status}")
        return f"status {status}"

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            ca = str(self._setup.ca) if self._setup.ca is not None else None
            self._tls = ssl.create_default_context(cafile=ca)
        return self._tls

    # ---- mail -----------------------------------------------------------------------------------

    def _mail(self, contact: Contact, text: str) -> str:
        mail = self._setup.mail
        assert mail is not None
        message = EmailMessage()
        message["From"] = mail.sender
        message["To"] = contact.address
        message["Subject"] = "Parley alarm"
        message.set_content(f"{text}\n", charset="us-ascii", cte="7bit")
        server = self._server(mail)
        try:
            with _cut_after(CALL_TIMEOUT_S, lambda: server.sock):
                code, _ = server.connect(mail.host, mail.port)
                if code != 220:
                    raise Unsent(f"the mail server greets with {code}")
                if mail.tls == "starttls":
                    server.starttls(context=self._context())
                if mail.user:
                    server.login(mail.user, mail.password)
                refused = server.send_message(message)
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    server.quit()
        finally:
            server.close()
        if refused:
            raise Unsent("the mail server refused the address")
        return "accepted by the mail server"

    def _server(self, mail: MailServer) -> smtplib.SMTP:
        # Without a host nothing is called yet: the cut must be in place first.
        if mail.tls == "implicit":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                timeout=STEP_TIMEOUT_S, context=self._context(), local_hostname="parley"
            )
        else:
            server = smtplib.SMTP(timeout=STEP_TIMEOUT_S, local_hostname="parley")
        server._host = mail.host  # type: ignore[attr-defined]  # TLS names the host that it was made with
        return server

    # ---- sound ----------------------------------------------------------------------------------

    def _sound(self) -> str:
        fault = self.fault()
        if fault:
            raise Unsent(fault)
        if not self._setup.sound:
            sys.stderr.write("\a")
            sys.stderr.flush()
            return "the terminal's bell"
        command = [*self._setup.sound, str(self._tone())]
        try:
            done = subprocess.run(  # noqa: S603  the program is the one that our own file names
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=SOUND_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unsent(f"{command[0]} did not end in {SOUND_TIMEOUT_S:g} s") from None
        if done.returncode != 0:
            raise Unsent(f"{command[0]} ended with {done.returncode}")
        return f"played by {command[0]}"

    def _tone(self) -> Path:
        """Return the file of the sound, made the first time."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="parley-alarm-")
            write_tone(Path(self._folder.name) / "alarm.wav")
        return Path(self._folder.name) / "alarm.wav"


def write_tone(path: Path) -> None:
    """Write a sound of two tones, three times, as a WAV file."""
    samples = bytearray()
    for tone_hz in _TONE_HZ * 3:
        for place in range(round(_TONE_S * _TONE_RATE_HZ)):
            height = math.sin(2 * math.pi * tone_hz * place / _TONE_RATE_HZ)
            samples += struct.pack("<h", round(20_000 * height))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_TONE_RATE_HZ)
        file.writeframes(bytes(samples))


@contextlib.contextmanager
def _cut_after(limit_s: float, sock_of: Callable[[], socket.socket | None]) -> Iterator[None]:
    """End a call whose time is over: a socket's own limit is for each byte, not for all.

    Raises:
        Unsent: it was ended; what came of it until then is no answer.
    """
    over = threading.Event()

    def cut() -> None:
        over.set()
        sock = sock_of()
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(limit_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if over.is_set():
        raise Unsent(f"no whole answer in {limit_s:g} s")
