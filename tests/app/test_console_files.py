from __future__ import annotations

import asyncio
import gzip
import json
import re

import httpx
import pytest
from builders import console_output
from starlette.applications import Starlette

from app.twonodes import WEB
from parley.app import console_files
from parley.app.console_files import CONSOLE_POLICY, console_folder, console_routes

pytest_plugins = ["app.sharednodes"]

SCRIPT = b"export const a = 1;\n" * 200
FILES = {
    "index.html": b"<!doctype html><script type=module src=/console/assets/index-AbCd_123.js>",
    "assets/index-AbCd_123.js": SCRIPT,
    "assets/style-AbCd-456.css": b"body{}",
    "assets/noto-AbCd0456.woff2": b"wOF2" * 500,
    "land.json": b"{}",
    "icon.svg": b"<svg/>",
    "decode.wasm": b"\0asm",
}


def make(folder, files=FILES, *, listed=True):
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    if listed:
        console_output.write_list(folder, "0" * 64)
    return folder


class Client:
    """Asks the routes without a socket; a reply has `raw`, the bytes as they were sent."""

    def __init__(self, folder):
        self._app = Starlette(routes=console_routes(folder))

    def get(self, path, headers=None):
        return asyncio.run(self._get(path, headers))

    async def _get(self, path, headers):
        transport = httpx.ASGITransport(self._app)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://node") as client,
            client.stream("GET", path, headers=headers) as reply,
        ):
            reply.raw = b"".join([part async for part in reply.aiter_raw()])
        packed = reply.headers.get("content-encoding") == "gzip"
        reply.body = gzip.decompress(reply.raw) if packed else reply.raw
        return reply


def client_of(folder):
    return Client(folder)


@pytest.fixture
def client(tmp_path):
    return client_of(make(tmp_path / "console"))


def test_every_file_is_served_as_what_it_is(client):
    kinds = {
        "": "text/html; charset=utf-8",
        "index.html": "text/html; charset=utf-8",
        "assets/index-AbCd_123.js": "text/javascript; charset=utf-8",
        "assets/style-AbCd-456.css": "text/css; charset=utf-8",
        "assets/noto-AbCd0456.woff2": "font/woff2",
        "land.json": "application/json",
        "icon.svg": "image/svg+xml",
        "decode.wasm": "application/wasm",
    }
    for name, kind in kinds.items():
        reply = client.get(f"/console/{name}")
        assert (reply.status_code, reply.headers["content-type"]) == (200, kind), name
        assert reply.body == FILES[name or "index.html"]
        assert reply.headers["content-security-policy"] == CONSOLE_POLICY


def test_the_policy_asks_nobody_but_this_node():
    rules = dict(each.split(" ", 1) for each in CONSOLE_POLICY.split("; "))
    assert "unsafe" not in CONSOLE_POLICY
    assert "*" not in CONSOLE_POLICY
    assert "http" not in CONSOLE_POLICY
    for name in ("default-src", "script-src", "worker-src", "connect-src", "style-src"):
        assert rules[name] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == rules["object-src"] == "'none'"


def test_the_name_without_its_slash_leads_there(client):
    reply = client.get("/console")
    assert (reply.status_code, reply.headers["location"]) == (307, "/console/")


def test_what_has_its_digest_in_its_name_is_kept_and_the_rest_is_asked_for_again(client):
    kept = client.get("/console/assets/index-AbCd_123.js").headers["cache-control"]
    assert kept == "max-age=31536000, immutable"
    for name in ("", "index.html", "icon.svg", "land.json"):
        assert client.get(f"/console/{name}").headers["cache-control"] == "no-cache"


def test_the_same_bytes_are_not_sent_twice(client):
    first = client.get("/console/")
    again = client.get("/console/", headers={"If-None-Match": f'W/{first.headers["etag"]}, "x"'})
    assert (again.status_code, again.body) == (304, b"")
    assert again.headers["content-security-policy"] == CONSOLE_POLICY
    assert client.get("/console/", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "pressed"),
    [("gzip, br", True), ("GZIP;q=0.5", True), ("gzip;q=0", False), ("identity", False)],
)
def test_a_script_is_pressed_for_whoever_takes_that(client, accepted, pressed):
    reply = client.get("/console/assets/index-AbCd_123.js", headers={"Accept-Encoding": accepted})
    assert ("content-encoding" in reply.headers) is pressed
    assert reply.headers["vary"] == "Accept-Encoding"
    assert int(reply.headers["content-length"]) == len(reply.raw)
    assert reply.body == SCRIPT
    assert (len(reply.raw) < len(SCRIPT)) is pressed


def test_two_forms_of_a_file_have_two_tags(client):
    def tag(accepted):
        name = "/console/assets/index-AbCd_123.js"
        return client.get(name, headers={"Accept-Encoding": accepted}).headers["etag"]

    assert tag("gzip") != tag("identity")


def test_what_is_pressed_already_is_not_pressed_again(client):
    reply = client.get("/console/assets/noto-AbCd0456.woff2", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in reply.headers
    assert "vary" not in reply.headers


@pytest.mark.parametrize(
    "name",
    [
        "none.js",
        "assets",
        "assets/",
        "../secret.txt",
        "%2e%2e/secret.txt",
        "..%2fsecret.txt",
        "assets/..%2f..%2fsecret.txt",
        "%2fetc%2fpasswd",
        "//etc/passwd",
        "index.html%00",
        "link.txt",
        "built.json",
    ],
)
def test_only_files_of_the_list_are_served(tmp_path, name):
    (tmp_path / "secret.txt").write_text("secret")
    folder = make(tmp_path / "console")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    reply = client_of(folder).get(f"/console/{name}")
    assert reply.status_code == 404
    assert "secret" not in reply.body.decode().replace("secret.txt", "")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_console_rebuilt_below_a_running_node_leaves_it_as_it_is(tmp_path):
    folder = make(tmp_path / "console")
    client = client_of(folder)
    (folder / "assets/index-AbCd_123.js").unlink()
    assert client.get("/console/assets/index-AbCd_123.js").body == SCRIPT


# ---- no console, or not a whole one -------------------------------------------------------------


def without(name):
    def spoil(folder):
        (folder / name).unlink()

    return spoil


SPOILT = {
    "index.html": without("index.html"),
    "assets/index-AbCd_123.js": without("assets/index-AbCd_123.js"),
    "icon.svg": lambda folder: (folder / "icon.svg").write_bytes(b"<svg></svg>"),
    "added.js": lambda folder: (folder / "added.js").write_bytes(b"1"),
    "built.json": lambda folder: (folder / "built.json").write_text("{"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_console_that_is_not_whole_is_not_served(tmp_path, name):
    folder = make(tmp_path / "console")
    SPOILT[name](folder)
    client = client_of(folder)
    reply = client.get("/console/")
    assert reply.status_code == 404
    assert name in reply.body.decode()
    assert client.get("/console/land.json").status_code == 404


def test_without_a_console_a_plain_page_says_what_why_and_repair(tmp_path):
    reply = client_of(tmp_path / "<none>").get("/console/")
    assert (reply.status_code, reply.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<none>" not in reply.body.decode()
    for words in ("&lt;none&gt;", "Why:", "builders/build_console.py", '<a href="/">'):
        assert words in reply.body.decode()
    assert not re.search(r"<script|style=|\son\w+=|https?://", reply.body.decode())
    assert reply.headers["content-security-policy"] == CONSOLE_POLICY


def test_too_large_a_folder_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(console_files, "CONSOLE_BYTES_MAX", 1_000)
    assert (
        "more, wanted\nat most 1000 bytes"
        in client_of(make(tmp_path / "c")).get("/console/").body.decode()
    )


def test_a_developer_serves_another_folder(tmp_path, monkeypatch):
    assert console_folder().parent.name == "app"
    folder = make(tmp_path / "own", listed=False)
    monkeypatch.setenv("PARLEY_CONSOLE", str(folder))
    assert console_folder() == folder
    client = Client(None)
    assert client.get("/console/icon.svg").body == b"<svg/>"


def test_the_list_is_the_one_that_the_build_writes(tmp_path):
    folder = make(tmp_path / "console")
    assert set(json.loads((folder / console_files.LIST).read_text())["files"]) == set(FILES)
    assert console_output.LIST == console_files.LIST
    assert set(console_files.MEDIA_TYPES) == console_output.SUFFIXES


def test_a_node_serves_it_with_its_own_policy_and_the_plain_page_with_none_for_scripts(nodes):
    """Through the node's own door, whether or not its console is built."""
    coal = nodes["COAL"]
    reply = WEB.get(f"{coal.url}/console/")
    assert reply.status_code == (200 if (console_folder() / "index.html").is_file() else 404)
    assert reply.headers.get_list("content-security-policy") == [CONSOLE_POLICY]
    assert reply.headers["x-content-type-options"] == "nosniff"
    plain = WEB.get(f"{coal.url}/").headers
    assert plain["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
    assert plain["cache-control"] == "no-store"
    kept = [reply.headers["cache-control"]]
    if reply.status_code == 200:
        assert kept == ["no-cache"]
        for name in re.findall(r'"(/console/[^"]+)"', reply.text):
            asset = WEB.get(coal.url + name)
            assert asset.status_code == 200
            kept.append(asset.headers["cache-control"])
        assert "max-age=31536000, immutable" in kept
