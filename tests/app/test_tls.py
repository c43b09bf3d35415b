"""A node that others than this machine reach: TLS with its own certificate, and sessions to look.

Real sockets, a certificate made here, and a real node as a process of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import re
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from app.twonodes import environment, make_pair, parley, parley_here
from parley.app.config import load_node
from parley.world.faults import InputFault

NAME = "post.example"


def certificate(folder: Path, *, name: str = "page", days: int = 30, names=(NAME,)) -> str:
    """Make a certificate and key; return its SHA-256 as browsers show it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Parley")])
    now = datetime.datetime.now(datetime.UTC)
    begins = min(now, now + datetime.timedelta(days=days)) - datetime.timedelta(days=1)
    own = [x509.DNSName(each) for each in names]
    own.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(own), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    (folder / f"{name}.crt").write_bytes(made.public_bytes(Encoding.PEM))
    file = folder / f"{name}.key"
    file.touch(mode=0o600)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return ":".join(f"{byte:02X}" for byte in made.fingerprint(SHA256()))


def served(file: Path, **changes: str) -> Path:
    """Let the node of a file serve others over TLS."""
    lines = {
        "host": '"0.0.0.0"', "port": "0", "tls_certificate": '"page.crt"',
        "tls_key": '"page.key"', "hosts": f'["{NAME}"]', **changes,
    }  # fmt: skip
    table = "".join(f"{key} = {value}\n" for key, value in lines.items() if value)
    text = file.read_text().replace("ask_mirrors_s = 5", "ask_mirrors_s = 0")
    text = re.sub(r"\[http\]\nhost = .*\nport = .*\n", f"[http]\n{table}", text)
    file.write_text(text)
    return file


class Node:
    """A node that serves others, and clients that know its certificate."""

    def __init__(self, file: Path) -> None:
        self.file, self.folder = file, file.parent
        self.process = subprocess.Popen(
            [sys.executable, "-m", "parley", "node", "run", str(file)],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment(),
        )  # fmt: skip
        said = self.process.stderr.readline()
        found = re.search(r"page (https://post\.example:(\d+))/", said)
        assert found, said + self.process.stderr.read()
        self.told = self.process.stderr.readline()
        self.port = int(found[2])
        self.token = (self.folder / "token").read_text().strip()
        self.observer = (self.folder / "observer-token").read_text().strip()
        self.context = ssl.create_default_context(cafile=str(self.folder / "page.crt"))
        self.url = f"https://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def client(self, token: str = ""):
        with httpx.Client(verify=self.context, trust_env=False, base_url=self.url) as made:
            if token:
                done = made.post("/api/session", json={"token": token})
                assert done.status_code == 200, done.text
                assert "secure" in done.headers["set-cookie"].lower()
            yield made

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)
        self.process.stderr.close()


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    file = make_pair(folder)["COAL"]
    fingerprint = certificate(file.parent)
    made = Node(served(file))
    made.fingerprint = fingerprint
    yield made
    made.stop()


def test_it_tells_the_certificate_that_people_compare(node):
    assert f"certificate SHA-256 {node.fingerprint}" in node.told
    shown = ssl.get_server_certificate(("127.0.0.1", node.port))
    found = x509.load_pem_x509_certificate(shown.encode())
    assert ":".join(f"{byte:02X}" for byte in found.fingerprint(SHA256())) == node.fingerprint
    assert node.fingerprint in parley("node", "check", node.file).stdout


def test_nothing_is_shown_before_a_token(node):
    with node.client() as client:
        for path in ("/", "/console/", "/console/assets/none.js"):
            reply = client.get(path)
            assert reply.status_code == 303, path
            assert reply.headers["location"].startswith("/sign-in")
        bearer = {"Authorization": f"Bearer {node.observer}"}
        document = client.get("/openapi.json", headers=bearer).json()
        gets = [path for path, item in document["paths"].items() if "get" in item]
        for path in [*gets, "/openapi.json"]:
            reply = client.get(path)
            if path == "/api/session":
                assert reply.json()["form_number"] is None
                assert reply.json()["walled"] is True
            else:
                assert reply.status_code == 401, path
        page = client.get("/sign-in")
        assert page.status_code == 200
        assert "AGR-1" not in page.text
        assert client.get("/unit").status_code == 200, "a unit shows its own token there"
        assert client.get("/api/replica").status_code == 401


def test_a_session_or_a_token_looks_and_an_observers_never_acts(node):
    body = {"type": "be_present", "agreement": "AGR-1", "line": "L1", "post": "duty-officer",
            "present": True}  # fmt: skip
    for token, status in ((node.token, 201), (node.observer, 403)):
        with node.client(token) as client:
            assert client.get("/api/screen").status_code == 200
            number = client.get("/api/session").json()["form_number"] or "x"
            done = client.post("/api/acts", json=body, headers={"X-Parley-Form": number})
            assert done.status_code == status, done.text
        bearer = {"Authorization": f"Bearer {token}"}
        with node.client() as plain:
            assert plain.get("/api/screen", headers=bearer).status_code == 200
            done = plain.post("/api/acts", json=body, headers=bearer)
            assert done.status_code == status, done.text


def test_the_plain_page_signs_in_and_out_and_leads_nowhere_else(node):
    with node.client() as client:
        bad = client.post("/sign-in", data={"token": "x", "next": "/"})
        assert bad.status_code == 401
        data = {"token": node.token, "next": "//elsewhere.example/console/"}
        done = client.post("/sign-in", data=data)
        assert (done.status_code, done.headers["location"]) == (303, "/")
        assert "AGR-1" in client.get("/").text
        out = client.post("/sign-out", data={"leave": "yes"})
        assert out.headers["location"] == "/sign-in"
        assert client.get("/").status_code == 303


def _cookie_of(client, node) -> str:
    """Return the cookie of a session: one that no page without TLS can have set."""
    name = f"__Host-parley_post_{node.port}"
    return f"{name}={client.cookies[name]}"


def test_plain_http_other_names_and_other_origins_get_nothing(node):
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://127.0.0.1:{node.port}/", trust_env=False)
    with node.client(node.token) as client:
        named = {"Host": f"{NAME}:{node.port}", "Origin": f"https://{NAME}:{node.port}"}
        cookie = _cookie_of(client, node)
        assert client.get("/api/screen", headers={**named, "Cookie": cookie}).status_code == 200
        for headers in (
            {"Host": f"other.example:{node.port}"},
            {"Origin": f"http://127.0.0.1:{node.port}"},
            {"Origin": "https://other.example"},
        ):
            assert client.get("/api/screen", headers=headers).status_code == 403, headers


async def _opened(node, headers: dict[str, str]) -> str:
    """Return the first line of the answer to a WebSocket's opening, over TLS."""
    reader, writer = await asyncio.open_connection("127.0.0.1", node.port, ssl=node.context)
    asked = {
        "Host": f"127.0.0.1:{node.port}", "Upgrade": "websocket", "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Origin": node.url, **headers,
    }  # fmt: skip
    lines = "".join(f"{name}: {value}\r\n" for name, value in asked.items())
    writer.write(f"GET /api/live HTTP/1.1\r\n{lines}\r\n".encode())
    first = (await reader.readline()).decode().strip()
    told = ""
    if " 101 " in first:
        await reader.readuntil(b"\r\n\r\n")
        kind, length = await reader.readexactly(2)
        assert kind == 0x81
        told = (await reader.readexactly(length)).decode() if length < 126 else "beat"
    writer.close()
    with contextlib.suppress(ssl.SSLError, ConnectionError):
        await writer.wait_closed()
    return f"{first} {told}"


def test_the_socket_opens_over_tls_for_sessions_alone(node):
    with node.client(node.observer) as client:
        cookie = _cookie_of(client, node)
    assert " 101 " in asyncio.run(_opened(node, {"Cookie": cookie}))
    for headers in (
        {},
        {"Cookie": f"__Host-parley_post_{node.port}=x"},
        {"Cookie": cookie.removeprefix("__Host-")},
        {"Cookie": cookie, "Origin": "https://x.example"},
    ):
        assert " 403 " in asyncio.run(_opened(node, headers)), headers


def test_the_observers_token_goes_and_its_sessions_with_it_while_the_node_runs(node, capsys):
    with node.client(node.observer) as client:
        assert client.get("/api/screen").status_code == 200
        assert parley_here(capsys, "node", "observer-token", node.folder, "--revoke")[0] == 0
        assert client.get("/api/screen").status_code == 401
        assert client.post("/api/session", json={"token": node.observer}).status_code == 401
        assert parley_here(capsys, "node", "observer-token", node.folder, "--revoke")[0] == 2
        code, out, _ = parley_here(capsys, "node", "observer-token", node.folder)
        assert code == 0
        fresh = (node.folder / "observer-token").read_text().strip()
        assert fresh not in out
        assert client.get("/api/screen").status_code == 401
        assert client.post("/api/session", json={"token": fresh}).status_code == 200
    node.observer = fresh


def test_the_command_line_takes_the_nodes_own_certificate_and_no_other(node, capsys, tmp_path):
    port = f"port = {node.port}"
    text = node.file.read_text().replace("port = 0\ntls_", f"{port}\ntls_")
    assert port in text
    (node.folder / "ask.toml").write_text(text)
    ours = ("zone", "--node", node.folder / "ask.toml")
    code, out, err = parley_here(capsys, *ours)
    assert code == 0, err
    assert "Z1" in out
    certificate(node.folder, name="other")
    (node.folder / "wrong.toml").write_text(text.replace("page.crt", "other.crt"))
    code, _, err = parley_here(capsys, "zone", "--node", node.folder / "wrong.toml")
    assert code == 2
    assert "another certificate" in err


# ---- what does not start ------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path):
    made = make_pair(tmp_path)["COAL"]
    certificate(made.parent)
    return made


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tls_key": ""}, ["http host", "0.0.0.0", "tls_key"]),
        ({"tls_key": "", "tls_certificate": ""}, ["http host", "TLS for other machines"]),
        ({"host": '"127.0.0.1"', "tls_key": "", "tls_certificate": ""}, ["http hosts", NAME]),
        ({"host": '"127.0.0.1"', "hosts": "", "tls_key": ""}, ["http tls"]),
        ({"tls_certificate": '"none.crt"'}, ["tls_certificate", "none.crt"]),
        ({"tls_certificate": '"node.toml"'}, ["tls_certificate", "PEM"]),
        ({"tls_key": '"token"'}, ["tls_key", "not the key"]),
        ({"hosts": '["https://post.example"]'}, ["http hosts", "https://post.example"]),
        ({"sign_in": "false"}, ["sign_in", "whoever reaches it"]),
    ],
)
def test_a_node_that_others_would_reach_unprotected_does_not_start(file, capsys, changes, words):
    served(file, **changes)
    code, out, err = parley_here(capsys, "node", "run", file)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    for word in words:
        assert word in err, err


def test_a_key_that_others_can_read_or_of_another_certificate_is_refused(file):
    served(file)
    load_node(file)
    key = file.parent / "page.key"
    key.chmod(0o640)
    with pytest.raises(InputFault, match="readable by others"):
        load_node(file)
    key.chmod(0o600)
    certificate(file.parent, name="other")
    (file.parent / "other.key").replace(key)
    with pytest.raises(InputFault, match="not the key of that certificate"):
        load_node(file)


def test_a_certificate_that_ended_or_is_for_others_is_said_and_the_node_can_run(file):
    certificate(file.parent, days=-1, names=("else.example",))
    notices = " ".join(load_node(served(file)).notices)
    assert "only" in notices
    assert "is not for post.example" in notices


def test_loopback_alone_needs_no_certificate_and_no_session_to_look(tmp_path):
    setup = load_node(make_pair(tmp_path)["COAL"])
    assert setup.tls is None
    assert not setup.config.http.walled
