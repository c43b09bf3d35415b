"""Alarms that leave the house: real webhooks, a real mail server, a real program for the sound."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import http.server
import ipaddress
import json
import ssl
import sys
import threading
import time
import wave
from dataclasses import replace
from types import SimpleNamespace

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from nodekit import do, pair, say
from simworld import SECOND_US

from app.twonodes import AGREEMENT, Running, make_pair, parley, running, until
from parley.app import alarm_channels
from parley.app.alarm_channels import SIGNATURE, Channels, Unsent, short_text, signature
from parley.app.alarm_config import AlarmSetup, Contact, MailServer
from parley.app.config import load_node
from parley.app.outbound import Line, Outbound, Told, due_now
from parley.node.inputs import AcknowledgeAlarm, Answer
from parley.node.rules.alarms import FLOOD_COUNT, Alarm, alarms
from parley.world.clauses import Acknowledgement
from parley.world.faults import InputFault
from parley.world.norms import CLASSES
from parley.world.verdict import EscalationStep

SECRET = b"a secret of this test only"
NOW_US = 1_780_000_000_000_000


def alarm(name: str = "message:A/2026/1:0", **changed) -> Alarm:
    values = {
        "kind": "unanswered", "alarm_class": "URGENT", "agreement": "AB", "line": "LINE-AB",
        "party": "ALFA", "text": "clearance from ALFA on LINE-AB: waits for us",
        "post": "desk", "rung": 0, "since_us": NOW_US,
    }  # fmt: skip
    return Alarm(name=name, **(values | changed))


# ---- real servers --------------------------------------------------------------------------------


class Hook:
    """A webhook that keeps what it gets and answers as it is told."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.got: list[dict] = []
        self.status = 200
        self.drip = False
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers[SIGNATURE] == signature(SECRET, body)
                assert self.headers["Content-Type"] == "application/json"
                hook.got.append({"path": self.path, **json.loads(body)})
                if hook.drip:
                    self.wfile.write(b"HTTP/1.0 200 OK\r\nX: ")
                    with contextlib.suppress(OSError):
                        for _ in range(200):
                            self.wfile.write(b"x")
                            self.wfile.flush()
                            time.sleep(0.05)
                    return
                self.send_response(hook.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(b"y" * 100_000)

            def log_message(self, *given) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.address = f"127.0.0.1:{self.server.server_address[1]}"

    def contact(self, scheme: str = "http", **changed) -> Contact:
        values = {"name": "hook", "post": "desk", "channel": "webhook", "secret": SECRET,
                  "address": f"{scheme}://{self.address}/hook?to=desk"}  # fmt: skip
        return Contact(**(values | changed))

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def hook():
    found = Hook()
    yield found
    found.close()


def setup_of(*contacts: Contact, **changed) -> AlarmSetup:
    values = {"contacts": contacts, "repeat_s": 60, "repeats_max": 3}
    return AlarmSetup(**(values | changed))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Give the files of a certificate for this machine alone: one that we trust, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(built.public_bytes(pem))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    return folder


def tls_of(folder) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def send(setup: AlarmSetup, contact: Contact, what: Alarm, attempt: int = 1) -> str:
    channels = Channels(setup, "BRAVO")
    try:
        return channels.send(contact, what, NOW_US, attempt)
    finally:
        channels.close()


# ---- webhook -------------------------------------------------------------------------------------


@pytest.mark.row("S9")
def test_a_webhook_gets_signed_json_and_no_word_of_the_message(hook) -> None:
    contact = hook.contact()
    assert send(setup_of(contact), contact, alarm(), 3) == "status 200"
    (got,) = hook.got
    assert got["path"] == "/hook?to=desk"
    assert (got["alarm"], got["alarm_class"], got["post"], got["attempt"], got["party"]) == (
        "message:A/2026/1:0", "URGENT", "desk", 3, "BRAVO",
    )  # fmt: skip
    assert (got["sent_us"], got["test"], got["grouped"]) == (NOW_US, False, 0)


@pytest.mark.parametrize(
    ("status", "why"), [(302, "a redirect is not followed"), (500, "status 500"), (404, "404")]
)
def test_what_a_webhook_does_not_take_did_not_go_out(hook, status, why) -> None:
    hook.status = status
    with pytest.raises(Unsent, match=why):
        send(setup_of(hook.contact()), hook.contact(), alarm())
    assert len(hook.got) == 1


def test_a_webhook_that_is_not_there_or_answers_without_end_is_given_up(hook, monkeypatch) -> None:
    monkeypatch.setattr(alarm_channels, "CALL_TIMEOUT_S", 0.3)
    hook.drip = True
    with pytest.raises(Unsent, match=r"no whole answer in 0\.3 s"):
        send(setup_of(hook.contact()), hook.contact(), alarm())
    gone = replace(hook.contact(), address="http://127.0.0.1:1/")
    with pytest.raises(Unsent, match="refused"):
        send(setup_of(gone), gone, alarm())


def test_https_is_verified_against_the_certificates_that_are_named(certificate) -> None:
    found = Hook(tls_of(certificate))
    try:
        contact = found.contact("https")
        trusted = setup_of(contact, ca=certificate / "cert.pem")
        assert send(trusted, contact, alarm()) == "status 200"
        with pytest.raises(Unsent, match=r"CERTIFICATE_VERIFY_FAILED|certificate verify failed"):
            send(setup_of(contact), contact, alarm())
    finally:
        found.close()
    assert len(found.got) == 1


# ---- mail ----------------------------------------------------------------------------------------


class Mailbox:
    def __init__(self) -> None:
        self.got: list[tuple[str, list[str], str]] = []
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802  aiosmtpd's name
        self.got.append((envelope.mail_from, envelope.rcpt_tos, envelope.content.decode("ascii")))
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: N802  aiosmtpd's name
        if address.startswith("nobody@"):
            return "550 no such box"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def authenticate(self, server, session, envelope, mechanism, data) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"word")


class _Control(Controller):
    def __init__(self, box: Mailbox, **options) -> None:
        self.options = options
        super().__init__(box, hostname="127.0.0.1", port=0)

    def factory(self) -> SMTP:
        return SMTP(self.handler, **self.options)

    def _trigger_server(self) -> None:
        # Port 0: the system has chosen one.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextlib.contextmanager
def mail_server(**options):
    box = Mailbox()
    control = _Control(box, **options)
    control.start()
    try:
        yield box, control.port
    finally:
        control.stop()


def mail_setup(port: int, address: str = "4917000@sms.example", **changed):
    contact = Contact(name="pager", post="desk", channel="smtp", address=address)
    mail = MailServer(host="127.0.0.1", port=port, sender="parley@node.example", tls="none")
    ca = changed.pop("ca", None)
    return setup_of(contact, mail=replace(mail, **changed), ca=ca), contact


@pytest.mark.row("S9")
def test_mail_to_a_pager_is_one_short_ascii_text() -> None:
    with mail_server() as (box, port):
        setup, contact = mail_setup(port)
        long = alarm(text="clearance from ALFA on LINE-AB: " + "Ы" * 400)
        assert "accepted" in send(setup, contact, long)
    ((sender, to, content),) = box.got
    assert (sender, to) == ("parley@node.example", ["4917000@sms.example"])
    text = content.replace("\r\n", "\n").partition("\n\n")[2].strip()
    assert len(text) == 160
    assert text.isascii()
    assert text.startswith("PARLEY BRAVO URGENT: clearance from ALFA on LINE-AB: ???")
    assert text.endswith("... CALL desk 2026-05-28T20:26:40Z")


def test_short_texts_say_class_line_post_and_time_and_stay_short() -> None:
    text = short_text("BRAVO", alarm(text="clock of ALFA is +2.0 s from ours"), NOW_US)
    assert text == (
        "PARLEY BRAVO URGENT: LINE-AB: clock of ALFA is +2.0 s from ours "
        "CALL desk 2026-05-28T20:26:40Z"
    )
    wide = alarm(text="t" * 500, post="p" * 64, line="l" * 64)
    assert len(short_text("P" * 64, wide, NOW_US)) <= 160


def test_a_password_goes_over_tls_or_not_at_all(certificate, monkeypatch) -> None:
    monkeypatch.setattr(alarm_channels, "STEP_TIMEOUT_S", 0.8)
    secret = {"user": "node", "password": "word", "tls": "starttls"}
    box_options = {"auth_required": True, "auth_require_tls": True}
    with mail_server() as (box, port):
        setup, contact = mail_setup(port, ca=certificate / "cert.pem", **secret)
        with pytest.raises(Unsent, match="STARTTLS"):
            send(setup, contact, alarm())
        assert box.got == []
        assert box.logins == []
    box = Mailbox()
    control = _Control(
        box, tls_context=tls_of(certificate), authenticator=box.authenticate, **box_options
    )
    control.start()
    try:
        setup, contact = mail_setup(control.port, ca=certificate / "cert.pem", **secret)
        assert "accepted" in send(setup, contact, alarm())
        untrusted, contact = mail_setup(control.port, **secret)
        with pytest.raises(Unsent, match=r"CERTIFICATE_VERIFY_FAILED|certificate verify failed"):
            send(untrusted, contact, alarm())
        wrong, contact = mail_setup(
            control.port, ca=certificate / "cert.pem", **(secret | {"password": "other"})
        )
        with pytest.raises(Unsent) as found:
            send(wrong, contact, alarm())
        assert "other" not in str(found.value)
    finally:
        control.stop()
    assert box.logins == [(b"node", b"word"), (b"node", b"other")]
    assert len(box.got) == 1


def test_an_address_that_the_server_refuses_did_not_go_out() -> None:
    with mail_server() as (box, port):
        setup, contact = mail_setup(port, "nobody@sms.example")
        with pytest.raises(Unsent):
            send(setup, contact, alarm())
    assert box.got == []


# ---- sound ---------------------------------------------------------------------------------------


def test_a_sound_is_a_real_file_for_the_program_that_is_named(tmp_path) -> None:
    kept = tmp_path / "kept.wav"
    script = f"import shutil, sys; shutil.copy(sys.argv[1], {str(kept)!r})"
    contact = Contact(name="sound", post="desk", channel="sound")
    setup = setup_of(contact, sound=(sys.executable, "-c", script))
    assert send(setup, contact, alarm()).startswith("played by")
    with wave.open(str(kept)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        assert file.getnframes() > 8000
        assert max(file.readframes(8000)) > 0
    broken = setup_of(contact, sound=(sys.executable, "-c", "raise SystemExit(3)"))
    with pytest.raises(Unsent, match="ended with 3"):
        send(broken, contact, alarm())


def test_a_machine_without_a_sound_program_says_so() -> None:
    contact = Contact(name="sound", post="desk", channel="sound")
    for setup, why in (
        (setup_of(contact, sound=("no-such-player",)), "no program 'no-such-player'"),
        (setup_of(contact), "no terminal"),
    ):
        channels = Channels(setup, "BRAVO")
        if why in channels.fault():
            with pytest.raises(Unsent, match=why):
                channels.send(contact, alarm(), NOW_US, 1)
    assert Channels(setup_of(), "BRAVO").fault() == ""


# ---- what is due ---------------------------------------------------------------------------------


def line(**changed) -> Line:
    values = {"name": "x", "post": "desk", "channel": "sound"}
    return Line(Contact(**(values | changed)), frozenset({"desk", "commander"}))


def told(one: Line, what: Alarm, at_us: int) -> None:
    """Note that one alarm was told, as `Outbound` does."""
    known = one.told.setdefault((what.agreement, what.name), Told())
    if not known.tried:
        one.first_us.append(at_us)
    one.heard_us[what.party] = at_us
    known.tried, known.delivered, known.last_us = known.tried + 1, known.delivered + 1, at_us


def name_of(due) -> str | None:
    return None if due is None else due.alarm.name


def test_an_alarm_is_repeated_so_often_and_no_more() -> None:
    one, setup, sent = line(), setup_of(repeat_s=60, repeats_max=3), 0
    for at_s in range(600):
        due = due_now(one, [alarm()], NOW_US + at_s * SECOND_US, setup)
        if due is not None:
            assert at_s % 60 == 0
            told(one, due.alarm, NOW_US + at_s * SECOND_US)
            sent += 1
    assert sent == 4, "once, and three times again"


def test_a_contact_is_called_for_its_post_its_classes_and_from_its_rung() -> None:
    setup = setup_of()
    for changed, what, taken in (
        ({}, alarm(), True),
        ({}, alarm(silent=True), False),
        ({}, alarm(post="commander"), False),
        ({}, alarm(post="alternate"), True),  # nobody is called for that post: it is not lost
        ({"classes": ("DISTRESS",)}, alarm(), False),
        ({"from_rung": 2}, alarm(rung=1), False),
        ({"from_rung": 2}, alarm(rung=2), True),
    ):
        assert (due_now(line(**changed), [what], NOW_US, setup) is not None) is taken, changed


@pytest.mark.row("S9")
def test_a_flood_is_told_as_one_call_and_a_worse_one_gets_through() -> None:
    one, setup = line(), setup_of(repeat_s=60)
    standing = [alarm(f"n{n}", alarm_class="SAFETY", since_us=NOW_US + n) for n in range(40)]
    for _ in range(FLOOD_COUNT):
        due = due_now(one, standing, NOW_US, setup)
        assert due.others == ()
        told(one, due.alarm, NOW_US)
    due = due_now(one, standing, NOW_US, setup)
    assert len(due.others) == 30
    assert due.alarm.text.startswith("30 MORE ALARMS (30 SAFETY), first: ")
    one.group_us, one.group_rank = NOW_US, CLASSES.index("SAFETY")
    assert due_now(one, standing, NOW_US + 59 * SECOND_US, setup) is None
    worse = [*standing, alarm("worse", alarm_class="DISTRESS")]
    due = due_now(one, worse, NOW_US + SECOND_US, setup)
    assert due.alarm.alarm_class == "DISTRESS", "at once"
    assert due.alarm.text.startswith("31 MORE ALARMS (1 DISTRESS, 30 SAFETY)")


def test_what_failed_is_tried_again_after_its_pause() -> None:
    one, setup = line(), setup_of()
    one.told[("AB", alarm().name)] = Told(tried=1, last_us=NOW_US)
    one.again_us = NOW_US + 5 * SECOND_US
    assert due_now(one, [alarm()], NOW_US + 4 * SECOND_US, setup) is None
    assert name_of(due_now(one, [alarm()], NOW_US + 5 * SECOND_US, setup)) == alarm().name


# ---- on a mind -----------------------------------------------------------------------------------


class Desk:
    """BRAVO's mind in a simulated world, as the calls see it: time stands until it is moved."""

    def __init__(self) -> None:
        self.world = pair()
        self.crank = SimpleNamespace(asking=False)
        self.begun = True

    @property
    def state(self):
        return self.world.node("BRAVO").state

    def clock(self) -> int:
        return self.world.now_us

    async def act(self, event) -> None:
        do(self.world, "BRAVO", event)

    def say(self, message_class: str = "URGENT"):
        key = say(self.world, message_class=message_class)
        self.world.run(2)
        return key

    def names(self) -> list[str]:
        return [each.name for each in alarms(self.state, self.clock())]

    def take(self, name: str) -> None:
        do(self.world, "BRAVO", AcknowledgeAlarm(agreement="AB", alarm=name, post="desk"))


class Calls:
    """A channel that keeps what it was given, and fails while it is told to."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.failing = False
        self.during = lambda: None

    def send(self, contact, what, now_us, attempt, grouped=0) -> str:
        self.during()
        if self.failing:
            raise Unsent("out of order")
        self.got.append(f"{what.name}#{attempt}")
        return "ok"

    def fault(self) -> str:
        return ""

    def close(self) -> None:
        pass


def calling(desk: Desk, calls: Calls, script, **options) -> Outbound:
    """Run the calls of a desk while a script moves its world; return them."""
    setup = options.pop("setup", None) or setup_of(Contact(name="x", post="desk", channel="sound"))
    values = {"look_each_s": 0.01, "links_rest_s": 0.0, "pause_s": (5.0, 300.0)} | options
    outbound = Outbound(desk, setup, calls, **values)

    async def run() -> None:
        work = asyncio.get_running_loop().create_task(outbound.run())
        try:
            async for _ in script(outbound):
                await settled(outbound)
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work

    asyncio.run(run())
    return outbound


async def settled(outbound: Outbound) -> None:
    """Wait until nothing is due and no call is under way, however slow the machine is."""
    quiet = 0
    for _ in range(1_000):
        outbound.after_turn(0, None)
        await asyncio.sleep(0.01)
        standing, now_us = outbound._standing()
        due = [due_now(one, standing, now_us, outbound._setup) for one in outbound._lines]
        under_way = any(each.name == "alarm" for each in threading.enumerate())
        waking = any(one.wake.is_set() for one in outbound._lines)
        quiet = 0 if any(due) or under_way or waking else quiet + 1
        if quiet > 8:
            return
    raise AssertionError("calls without end")


@pytest.mark.row("S9")
def test_calls_stop_when_somebody_takes_the_alarm_or_it_is_over() -> None:
    desk, calls = Desk(), Calls()
    first, second = desk.say(), desk.say()
    names = desk.names()

    async def script(outbound):
        yield
        assert sorted(calls.got) == [f"{name}#1" for name in names]
        desk.take(names[0])
        act = Answer(ref=second, post="desk", answer="WILCO", fields={"flight": "F1", "zone": "Z1"})
        do(desk.world, "BRAVO", act)
        calls.got.clear()
        desk.world.run(20)
        yield
        desk.world.run(35)
        yield
        assert calls.got == []

    calling(desk, calls, script)
    assert first


@pytest.mark.row("S9")
def test_a_peer_that_floods_rings_a_contact_a_few_times_and_no_more() -> None:
    """NORMS 6: above ten in ten minutes the others are told as one; the list keeps them all."""
    desk, calls = Desk(), Calls()
    for _ in range(30):
        say(desk.world, message_class="URGENT")
    desk.world.run(3)
    assert len(desk.names()) == 30

    async def script(outbound):
        yield
        assert len(calls.got) == FLOOD_COUNT + 1
        assert calls.got[-1] == "more:desk#1"
        for calls_made in (2, 3, 4, 4, 4):
            desk.world.run(60)
            yield
            assert calls.got[FLOOD_COUNT:] == [f"more:desk#{n + 1}" for n in range(calls_made)]
            assert len(desk.names()) >= 30

    # The next posts have contacts of their own: here only the desk's is looked at.
    others = [
        Contact(name=post, post=post, channel="sound", classes=("DISTRESS",))
        for post in ("duty-officer", "commander")
    ]
    setup = setup_of(Contact(name="x", post="desk", channel="sound"), *others)
    calling(desk, calls, script, setup=setup)
    assert len(desk.state.scope("AB").line.alarms_sent) == len(calls.got)


def test_what_was_sent_before_a_restart_counts() -> None:
    desk, calls = Desk(), Calls()
    desk.say()
    (name,) = desk.names()

    async def script(outbound):
        yield
        desk.world.run(0)

    async def again(outbound):
        yield
        assert calls.got == [f"{name}#1"], "not a second time because of the restart"
        desk.world.run(61)
        yield
        assert f"{name}#2" in calls.got

    calling(desk, calls, script)
    desk.world.stop("BRAVO")
    desk.world.start("BRAVO")
    desk.world.run(0)
    calling(desk, calls, again)


def test_a_channel_that_fails_is_shown_tried_again_and_written_down() -> None:
    desk, calls = Desk(), Calls()
    calls.failing = True
    desk.say()
    (name,) = desk.names()

    async def script(outbound):
        yield
        assert outbound.faults() == ("alarm by sound to x: out of order",)
        desk.world.run(6)
        yield
        desk.world.run(6)
        calls.failing = False
        yield
        assert calls.got == [], "the pause has grown"
        desk.world.run(6)
        yield
        assert calls.got[0] == f"{name}#3"
        assert outbound.faults() == ()

    outbound = calling(desk, calls, script)
    (view,) = outbound.views()
    assert (view.failed, view.delivered) == (2, 1)
    sent = desk.state.scope("AB").line.alarms_sent.values()
    assert [(e.body.attempt, e.body.delivered, e.body.detail) for e in sent] == [
        (1, False, "x: out of order"), (2, False, "x: out of order"), (3, True, "x: ok"),
    ]  # fmt: skip


def test_nothing_is_sent_while_the_end_of_our_log_is_asked_for() -> None:
    desk, calls = Desk(), Calls()
    desk.say()
    desk.crank.asking = True

    async def script(outbound):
        yield
        assert calls.got == []
        desk.crank.asking = False
        yield
        assert len(calls.got) == 1
        desk.crank.asking = True  # another node of the party took over
        desk.world.run(61)
        yield
        assert len(calls.got) == 1

    calling(desk, calls, script)


def test_a_channel_that_breaks_takes_nothing_with_it() -> None:
    desk, calls = Desk(), Calls()
    desk.say()

    def broken() -> None:
        raise KeyError("a bug")

    calls.during = broken

    async def script(outbound):
        yield
        assert "a fault of this program: KeyError" in outbound.faults()[0]

    calling(desk, calls, script)


def test_after_a_start_the_peers_get_a_moment_before_a_link_is_told_as_down() -> None:
    desk, calls = Desk(), Calls()
    desk.world.run(12)
    desk.world.cut |= {("ALFA", "BRAVO"), ("BRAVO", "ALFA")}
    desk.world.run(60)
    (name,) = desk.names()
    assert name.startswith("link:ALFA:")

    async def script(outbound):
        yield

    calling(desk, calls, script, links_rest_s=60.0)
    assert calls.got == []
    calling(desk, calls, script)
    assert calls.got == [f"{name}#1"]


# ---- the configuration ---------------------------------------------------------------------------

GOOD = """
[alarm]
repeat_s = 30
repeats_max = 5
sound = ["aplay", "-q"]

[alarm.smtp]
host = "mail.example"
sender = "node@coal.example"
user = "node"
password = "mail-password"

[[alarm.contact]]
post = "duty-officer"
channel = "webhook"
url = "https://hooks.example/parley?room=1"
secret = "hook-secret"
classes = ["DISTRESS", "URGENT"]

[[alarm.contact]]
post = "commander"
channel = "smtp"
address = "49170@sms.example"
from_rung = 2

[[alarm.contact]]
post = "duty-officer"
channel = "sound"
"""


@pytest.fixture
def coal(tmp_path):
    file = make_pair(tmp_path)["COAL"]
    for name, text in (("mail-password", "word\n"), ("hook-secret", f"{SECRET.decode()}\n")):
        (file.parent / name).write_text(text)
        (file.parent / name).chmod(0o600)
    return file


def test_a_good_table_says_whom_to_call(coal) -> None:
    assert load_node(coal).alarm is None
    coal.write_text(coal.read_text() + GOOD)
    setup = load_node(coal)
    alarm_setup = setup.alarm
    assert alarm_setup is not None
    assert (alarm_setup.repeat_s, alarm_setup.repeats_max) == (30, 5)
    assert [(c.name, c.post, c.channel, c.from_rung) for c in alarm_setup.contacts] == [
        ("hooks.example", "duty-officer", "webhook", 0),
        ("49170@sms.example", "commander", "smtp", 2),
        ("sound", "duty-officer", "sound", 0),
    ]
    assert alarm_setup.contacts[0].secret == SECRET
    assert alarm_setup.mail.password == "word"
    assert "word" not in repr(alarm_setup)
    assert SECRET.decode() not in repr(alarm_setup)
    assert setup.notices == load_node(coal).notices
    assert not [each for each in setup.notices if each.startswith("alarm:")]
    coal.write_text(coal.read_text().replace('post = "commander"', 'post = "duty-officer"'))
    (notice,) = [each for each in load_node(coal).notices if each.startswith("alarm:")]
    assert "nobody is called for post commander" in notice


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("repeat_s = 30", "repeat = 30", ["alarm", "did you mean 'repeat_s'?"]),
        ("repeat_s = 30", "repeat_s = 1", ["alarm repeat_s", "10 to 3600"]),
        (
            'post = "commander"',
            'post = "comander"',
            ["no post of ours", "did you mean 'commander'?"],
        ),
        ('"URGENT"]', '"URGNT"]', ["URGNT", "did you mean 'URGENT'?"]),
        ("https://hooks", "ftp://hooks", ["ftp://hooks", "http:// or https://"]),
        ("https://hooks", "https://me:word@hooks", ["no user"]),
        ('secret = "hook-secret"', "", ["secret", "missing", "for webhook"]),
        ('secret = "hook-secret"', 'secret = "none"', ["none", "No such file"]),
        ('address = "49170@sms.example"', 'address = "49170"', ["49170", "name@host"]),
        ('channel = "sound"', 'channel = "sound"\naddress = "x@y"', ["address", "for sound"]),
        ('channel = "sound"', 'channel = "horn"', ["alarm.contact", "horn"]),
        ("from_rung = 2", "from_rung = 99", ["from_rung", "0 to 10"]),
        ('user = "node"\n', "", ["user and password, or neither"]),
        ('user = "node"', 'user = "node"\ntls = "none"', ["in the clear"]),
        ('user = "node"', 'user = "node"\ntls = "ssl"', ["starttls, implicit or none"]),
        ('host = "mail.example"', 'host = "http://mail"', ["smtp host"]),
        ("[alarm]", '[alarm]\nca = "no.pem"', ["alarm ca", "no.pem"]),
        ('post = "commander"', 'post = "commander"\nname = "a: b"', ["name", "a: b"]),
    ],
)
def test_what_would_not_work_is_one_line(coal, old, new, words) -> None:
    assert old in GOOD
    coal.write_text(coal.read_text() + GOOD.replace(old, new, 1))
    with pytest.raises(InputFault) as found:
        load_node(coal)
    assert "\n" not in str(found.value)
    for word in words:
        assert word in str(found.value)


def test_secrets_that_others_can_read_and_contacts_twice_are_refused(coal) -> None:
    coal.write_text(coal.read_text() + GOOD)
    (coal.parent / "hook-secret").chmod(0o644)
    with pytest.raises(InputFault, match="readable by others"):
        load_node(coal)
    (coal.parent / "hook-secret").chmod(0o600)
    (coal.parent / "hook-secret").write_text("short\n")
    with pytest.raises(InputFault, match="too short"):
        load_node(coal)
    (coal.parent / "hook-secret").write_text(SECRET.decode())
    twice = '[[alarm.contact]]\npost = "duty-officer"\nchannel = "sound"\n'
    coal.write_text(coal.read_text() + twice)
    with pytest.raises(InputFault, match="another name"):
        load_node(coal)


# ---- two real nodes ------------------------------------------------------------------------------


def quick_ladder():
    """Return the agreement with a ladder of a second a rung: ten minutes pass in three seconds."""
    steps = tuple(
        EscalationStep(after_s=float(n), post=post)
        for n, post in ((1, "alternate"), (2, "alternate"), (3, "commander"))
    )
    ladder = Acknowledgement(id="c3", within_s=1.0, of=("clearance",), escalate=steps)
    posts = ("duty-officer", "alternate", "commander")
    parties = tuple(msgspec.structs.replace(each, posts=posts) for each in AGREEMENT.parties)
    return msgspec.structs.replace(AGREEMENT, parties=parties, clauses=(*AGREEMENT.clauses, ladder))


@pytest.mark.row("S9", "R2")
def test_nobody_answers_and_the_house_hears_of_each_rung_until_somebody_takes_it(tmp_path, hook):
    """The case of 2016 on two real nodes: rung by rung out of the house, silent once taken."""
    files = make_pair(tmp_path)
    (tmp_path / "agr-1.json").write_bytes(msgspec.json.encode(quick_ladder()))
    secret = tmp_path / "RUS" / "hook-secret"
    secret.write_text(SECRET.decode())
    secret.chmod(0o600)
    contacts = "".join(
        f'[[alarm.contact]]\npost = "{post}"\nchannel = "webhook"\nsecret = "hook-secret"\n'
        f'url = "http://{hook.address}/{post}"\n'
        for post in ("duty-officer", "alternate", "commander")
    )
    files["RUS"].write_text(f"{files['RUS'].read_text()}\n[alarm]\nrepeat_s = 10\n{contacts}")
    with running(files) as nodes:
        coal, rus = nodes["COAL"], nodes["RUS"]
        said = {"type": "say", "agreement": "AGR-1", "line": "L1", "post": "duty-officer",
                "to": ["RUS"], "message_type": "clearance", "message_class": "URGENT",
                "fields": {"flight": "SECRET-1", "zone": "Z1"}}  # fmt: skip
        assert coal.act(**said).status_code == 201
        until(lambda: {each["rung"] for each in hook.got} >= {0, 1, 2, 3})
        called = [each for each in hook.got if each["kind"] == "unanswered"]
        assert {(each["rung"], each["path"]) for each in called} == {
            (0, "/duty-officer"), (1, "/alternate"), (2, "/alternate"), (3, "/commander"),
        }  # fmt: skip
        assert "SECRET" not in json.dumps(hook.got)
        view = until(lambda: called_all(rus.get("/api/alarms")))
        names = [each["alarm"]["name"] for each in view["alarms"]]
        assert len(names) == 4
        assert all(each["calls"][0]["delivered"] for each in view["alarms"])
        listed = parley("alarm", "--node", rus.url)
        assert listed.returncode == 1, listed.stderr
        assert "call commander" in listed.stdout
        assert "called by webhook, attempt 1, went out" in listed.stdout
        node = ("--node", rus.url, "--token", rus.token_file)
        done = parley("alarm", "ack", "--all", "--post", "commander", *node)
        assert (done.returncode, done.stdout.count(": taken")) == (0, 4), done.stderr
        count = len(hook.got)
        time.sleep(1.5)
        assert len(hook.got) == count
        assert parley("alarm", "--node", rus.url).returncode == 0
        assert "Taken at <bdi" in page_of(rus)
        test_calls(rus, hook, node)


def test_calls(rus: Running, hook: Hook, node) -> None:
    """Check that test calls reach every contact, and say which one did not."""
    hook.got.clear()
    tested = parley("alarm", "test", *node)
    assert tested.returncode == 0, tested.stderr
    assert tested.stdout.count("went out: status 200") == 3
    assert {(each["test"], each["kind"]) for each in hook.got} == {(True, "test call")}
    hook.status = 503
    tested = parley("alarm", "test", "--post", "commander", *node)
    assert tested.returncode == 1
    assert "commander: webhook to 127.0.0.1" in tested.stdout
    assert "DID NOT GO OUT: status 503" in tested.stdout
    assert any("alarm by webhook" in fault for fault in rus.get("/api/status")["faults"])
    assert "wanted a post with a contact" in parley("alarm", "test", "--post", "x", *node).stderr


test_calls.__test__ = False


def called_all(view):
    return view if view["alarms"] and all(each["calls"] for each in view["alarms"]) else None


def page_of(node: Running) -> str:
    from app.twonodes import WEB

    return WEB.get(f"{node.url}/").text


@pytest.mark.row("S9")
def test_an_alarm_is_taken_on_the_page_by_its_button(tmp_path) -> None:
    files = make_pair(tmp_path, sign_in=False)
    with running(files) as nodes:
        coal, rus = nodes["COAL"], nodes["RUS"]
        said = coal.act(
            type="say", agreement="AGR-1", line="L1", post="duty-officer", to=["RUS"],
            message_type="clearance", message_class="URGENT", fields={"flight": "F", "zone": "Z1"},
        )  # fmt: skip
        assert said.status_code == 201, said.text
        until(lambda: rus.get("/api/alarms")["alarms"])
        text = page_of(rus)
        assert "1 sounding, 0 taken." in text
        assert "No contact is configured: nobody is called out of the house." in text
        form = text.partition('name="kind" value="alarm"')
        number = form[0].rpartition('name="form" value="')[2].partition('"')[0]
        name = rus.get("/api/alarms")["alarms"][0]["alarm"]["name"]
        from app.twonodes import WEB

        fields = {"form": number, "kind": "alarm", "agreement": "AGR-1", "alarm": name,
                  "post": "duty-officer"}  # fmt: skip
        reply = WEB.post(f"{rus.url}/act", data=fields, headers={"Origin": rus.url})
        assert reply.headers["location"] == "/?done=alarm", reply.text
        assert rus.get("/api/alarms")["alarms"][0]["alarm"]["silent"] is True
        assert "0 sounding, 1 taken." in page_of(rus)
