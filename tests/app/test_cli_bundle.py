"""`parley bundle` between two nodes as processes of their own that cannot reach each other."""

from __future__ import annotations

import re

import httpx
import pytest

from app.twonodes import Running, free_port, lines_of, make_pair, parley_here, say, until
from parley.app.cli.bundles import bytes_of
from parley.world.faults import InputFault


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """Give two running nodes of which none calls where the other listens."""
    files = make_pair(tmp_path_factory.mktemp("apart"))
    for file in files.values():
        text = file.read_text()
        tables = text.index("[[peer]]")
        own, peers = text[:tables], text[tables:]
        peers = re.sub(r'address = ".*"', f'address = "127.0.0.1:{free_port()}"', peers)
        file.write_text(re.sub(r"ask_mirrors_s = .*", "ask_mirrors_s = 0", own) + peers)
    started = {party: Running(file) for party, file in files.items()}
    try:
        for node in started.values():
            until(lambda node=node: [log for log in node.get("/api/logs") if log["own"]])
        yield started
    finally:
        for node in started.values():
            node.stop()


def bundle(capsys, node, *arguments):
    where = () if node is None else ("--node", node.url, "--token", node.token_file)
    return parley_here(capsys, "bundle", *arguments, *where)


@pytest.mark.row("R17")
def test_three_commands_carry_a_message_and_its_receipts(nodes, capsys, tmp_path):
    coal, rus = nodes["COAL"], nodes["RUS"]
    for sender, taker in ((rus, coal), (coal, rus)):
        file = tmp_path / f"greet-{len(list(tmp_path.iterdir()))}.parley-bundle"
        to = "COAL" if taker is coal else "RUS"
        code, out, err = bundle(capsys, sender, "make", "--to", to, "-o", file)
        assert (code in (0, 1), err) == (True, "")
        if sender is rus:
            assert "payloads for COAL must wait: take a bundle of COAL first" in out
        assert bundle(capsys, taker, "take", file)[0] == 0
    reply = coal.act(**say())
    assert reply.status_code == 201
    key = reply.json()["key"]
    there, back = tmp_path / "there.parley-bundle", tmp_path / "back.parley-bundle"
    code, out, _ = bundle(capsys, coal, "make", "--to", "RUS", "-o", there)
    assert code == 0
    assert re.search(r"bundle \d+ of COAL for RUS, made .*, \d+ bytes\n  \d+ entries", out)
    code, out, _ = bundle(capsys, None, "show", there)
    assert (code, "whole, undamaged, not verified here" in out) == (0, True)
    assert re.search(rf"  {key[1]} message.said by duty-officer .*, sealed", out)
    assert "activity" not in out
    code, out, _ = bundle(capsys, None, "show", there, "--json")
    assert lines_of(out)[0]["peer"] == "RUS"
    code, out, _ = bundle(capsys, rus, "take", there, "-o", back)
    assert (code, "all of it is here" in out) == (0, True)
    (message,) = rus.get("/api/messages?open=true")
    assert message["fields"] == {"zone": "Z1", "activity": "hot"}
    assert bundle(capsys, coal, "take", back)[0] == 0
    (message,) = coal.get("/api/messages?open=true")
    (step,) = message["ladder"]
    assert None not in (step["received_us"], step["cosigned_us"])
    status = coal.get("/api/status")
    assert status["peers"][0]["link"] == "unknown"
    assert (set(status["by_file_us"]), status["lines"]) == ({"RUS"}, {"L1": "DOWN"})
    code, out, _ = bundle(capsys, rus, "take", there)
    assert (code, "taken before: all of it is here" in out) == (0, True)


@pytest.mark.row("R17")
def test_damage_and_wrong_files_are_one_line(nodes, capsys, tmp_path):
    coal, rus = nodes["COAL"], nodes["RUS"]
    file, damaged = tmp_path / "one.parley-bundle", tmp_path / "damaged.parley-bundle"
    bundle(capsys, coal, "make", "--to", "RUS", "-o", file)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    for arguments, node, match in (
        (("take", damaged), rus, "carry it again, or ask its sender to make it again"),
        (("show", damaged), None, "carry it again"),
        (("take", file), coal, "bundle for is RUS, wanted COAL; carry it to RUS"),
        (("take", rus.file), rus, "a first line parley-bundle/1"),
        (("make", "--to", "RSU", "-o", tmp_path / "x"), coal, "did you mean 'RUS'?"),
        (("make", "--to", "RUS", "-o", file), coal, "there already"),
        (("take", file, "-o", file), rus, "there already"),
        (("make", "--to", "RUS", "-o", tmp_path / "x", "--most", "9 apples"), coal, "200kB or 4MB"),
        (("make", "--to", "RUS", "-o", tmp_path / "x", "--most", "100"), coal, "at least"),
        (("make", "--to", "RUS", "-o", tmp_path / "no" / "x"), coal, "a writable place"),
    ):
        code, out, err = bundle(capsys, node, *arguments)
        assert (code, out) == (2, ""), arguments
        assert err.startswith("parley: ")
        assert err.count("\n") == 1
        assert match in err
    assert not (tmp_path / "x").exists()


@pytest.mark.row("R17")
def test_who_has_no_token_gets_and_gives_nothing(nodes):
    coal = nodes["COAL"]
    token = {"Authorization": f"Bearer {coal.token}"}
    octets, json = (
        {"Content-Type": kind} for kind in ("application/octet-stream", "application/json")
    )
    with httpx.Client(verify=False, trust_env=False) as web:
        for path, kind in (("/api/bundles", octets), ("/api/bundles/RUS", json)):
            assert web.post(coal.url + path, content=b"{}", headers=kind).status_code == 401
            other = {**token, "Content-Type": "text/plain"}
            assert web.post(coal.url + path, content=b"{}", headers=other).status_code == 415
        reply = web.post(coal.url + "/api/bundles", content=b"junk", headers=token | octets)
        assert (reply.status_code, reply.json()["what"]) == (422, "bundle")
        reply = web.post(coal.url + "/api/bundles/NO", content=b"{}", headers=token | json)
        assert (reply.status_code, reply.json()["what"]) == (409, "bundle party")
        for body in (b'{"most_bytes":0}', b'{"more":1}', b"no"):
            reply = web.post(coal.url + "/api/bundles/RUS", content=body, headers=token | json)
            assert reply.status_code == 422
        document = web.get(coal.url + "/openapi.json").json()["paths"]
        body = document["/api/bundles"]["post"]["requestBody"]["content"]
        assert (list(body), list(document["/api/bundles/{party}"]["post"]["security"][0])) == (
            ["application/octet-stream"], ["token"]
        )  # fmt: skip


def test_sizes_are_read_as_people_write_them():
    found = [bytes_of(text) for text in ("200kB", "1.5 MB", "4096", "4096B", "10k")]
    assert found == [200_000, 1_500_000, 4_096, 4_096, 10_000]
    for text in ("", "kB", "1.2.3MB", "-5kB", "5GB", "1e9", "٣kB"):
        with pytest.raises(InputFault, match="a size such as"):
            bytes_of(text)
