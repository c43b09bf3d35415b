"""`parley agreement` as signed acts, its API and the page, on two running nodes."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec
import pytest

from app.twonodes import WEB, make_pair, parley_here, running, until
from parley.app.agreement_views import AgreementShown
from parley.world.agreement import Agreement
from parley.world.agreement_document import canonical_document
from parley.world.clauses import Acknowledgement

pytestmark = pytest.mark.row("R8", "S12", "S13")


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """Give both nodes: what is agreed here must change for nobody else's tests."""
    with running(make_pair(tmp_path_factory.mktemp("agreement"))) as started:
        yield started


@pytest.fixture
def cli(nodes, capsys):
    def run(party, *arguments):
        node = nodes[party]
        return parley_here(capsys, *arguments, "--node", node.url, "--token", node.token_file)

    return run


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Give where the key files of two people of each party lie."""
    folder = tmp_path_factory.mktemp("people")
    return {(party, name): folder / f"{party}-{name}.pem"
            for party in ("COAL", "RUS") for name in ("owl", "fox")}  # fmt: skip


@pytest.fixture
def enrolled(cli, capsys, people, tmp_path):
    for (party, name), file in people.items():
        if file.exists():
            continue
        made = parley_here(capsys, "key", "operator", file, "--party", party, "--operator", name)
        assert made[0] == 0, made[2]
        document = tmp_path / f"{party}-{name}.json"
        document.write_text(parley_here(capsys, "key", "enrol", file, "--post", "duty-officer")[1])
        assert cli(party, "operator", "enrol", document)[0] == 0
    return people


def done(result):
    code, out, err = result
    assert code == 0, err
    return out


def of(node) -> AgreementShown:
    (found,) = node.get("/api/agreements")
    return msgspec.convert(found, AgreementShown)


def stamp(in_s: float) -> str:
    return datetime.fromtimestamp(time.time() + in_s, UTC).isoformat()


def amended(node, **changes) -> Agreement:
    text = node.get("/api/agreements/at")["text"]["document"]
    now = msgspec.json.decode(text, type=Agreement)
    return msgspec.structs.replace(now, version=now.version + 1, **changes)


def written(tmp_path, agreement: Agreement):
    file = tmp_path / "new.json"
    file.write_text(canonical_document(agreement))
    return file


def test_a_text_is_proposed_signed_by_two_of_each_and_comes_into_force(
    nodes, cli, enrolled, tmp_path
):
    agreement = amended(nodes["COAL"])
    clauses = tuple(
        msgspec.structs.replace(c, within_s=90.0) if isinstance(c, Acknowledgement) else c
        for c in agreement.clauses
    )
    file = written(tmp_path, msgspec.structs.replace(agreement, clauses=clauses))
    code, out, err = cli("COAL", "agreement", "propose", file, "--from", stamp(25))
    assert (code, out, "reason for less notice" in err) == (2, "", True)
    key = done(
        cli("COAL", "agreement", "propose", file, "--from", stamp(25), "--reason", "a test",
            "--operator-key", enrolled["COAL", "owl"])
    ).split()  # fmt: skip
    code, _, err = cli("COAL", "agreement", "sign", *key, "--yes")
    assert (code, "--operator-key" in err) == (2, True)
    done(cli("COAL", "agreement", "sign", *key, "--yes", "--operator-key", enrolled["COAL", "fox"]))
    until(lambda: len(of(nodes["RUS"]).versions) == 2)
    code, _, err = cli("RUS", "agreement", "sign", *key, "--yes", "--operator-key",
                       enrolled["RUS", "owl"])  # fmt: skip
    assert code == 0, err
    assert "what it changes:" in err
    assert any(line.startswith("+ ") and "90" in line for line in err.splitlines()), err
    listed = done(cli("RUS", "agreement", "list"))
    assert "RUS: signed by owl; 2 people are needed" in listed
    assert "SHORT NOTICE" in listed
    done(cli("RUS", "agreement", "sign", *key, "--yes", "--operator-key", enrolled["RUS", "fox"]))
    for node in nodes.values():
        until(lambda node=node: of(node).version == 2, 30.0)
        assert of(node).word == "in force"
        assert of(node).file == "an older text of the agreement: the record counts, not the file"
        assert [v.word for v in of(node).versions] == ["superseded", "in force"]
    until(lambda: of(nodes["COAL"]).versions[1].known_by == ("COAL", "RUS"), 30.0)
    before = of(nodes["RUS"]).versions[1].from_us - 1
    then = nodes["RUS"].get(f"/api/agreements/at?at_us={before}")["text"]
    assert (then["agreement"].get("version", 1), then["to_us"]) == (1, before + 1)
    code, out, _ = cli("RUS", "agreement", "at", stamp(0), "--party", "RUS")
    assert (code, "version 2" in out, "COAL: in force; duties stand" in out) == (0, True, True)
    text = done(cli("RUS", "agreement", "at", stamp(0), "--document"))
    assert text.strip() == file.read_text()


def test_a_declined_text_says_so_everywhere(nodes, cli, enrolled, tmp_path):
    file = written(tmp_path, amended(nodes["COAL"], title="<b>bold</b>\u202e title"))
    key = done(cli("COAL", "agreement", "propose", file)).split()
    until(lambda: any(v.proposal == (key[0], int(key[1])) for v in of(nodes["RUS"]).versions))
    (shown,) = nodes["RUS"].get("/api/agreements/proposals")
    assert (shown["text"]["proposal"], shown["text"]["word"]) == ([key[0], int(key[1])], "open")
    assert any("bold" in line for line in shown["changes"])
    done(cli("RUS", "agreement", "decline", *key, "--reason", "<script>no</script>"))
    until(lambda: of(nodes["COAL"]).versions[-1].word == "declined")
    page = WEB.get(nodes["COAL"].url).text
    assert 'id="agreements"' in page
    assert "<script>no" not in page
    assert "declined" in page


def test_suspend_resume_and_withdraw_one_party_alone(nodes, cli, enrolled):
    def word(node, party="COAL"):
        return next(p for p in of(node).parties if p.party == party)

    done(cli("COAL", "agreement", "suspend", "--at-once", "--reason", "orders"))
    until(lambda: word(nodes["RUS"]).status.word == "suspended")
    shown = word(nodes["RUS"])
    assert (shown.duty, shown.status.immediate, shown.status.signing) == (
        False, True, "single-signed",
    )  # fmt: skip
    listed = done(cli("RUS", "agreement", "list", "AGR-1"))
    assert "COAL (signatory): suspended since" in listed
    assert "no duty: COAL suspended since" in listed
    (vector,) = nodes["RUS"].get("/api/lines")
    assert vector["glance"] == "SUSPENDED"
    done(cli("COAL", "agreement", "resume"))
    until(lambda: word(nodes["RUS"]).status.word == "in force")
    key = done(cli("COAL", "agreement", "withdraw", "--operator-key", enrolled["COAL", "owl"]))

    def waits():
        return [each.waits_for for each in word(nodes["RUS"]).status.pending]

    until(lambda: waits() == ["signatures of 1 more"])
    assert key.split()[0].startswith("parley.example/AGR-1/COAL/line/")


def test_whose_rules_hold_over_a_place_and_bad_questions(nodes, cli):
    node = nodes["COAL"]
    found = node.get("/api/agreements/ground?lat_deg=35.0&lon_deg=39.0&parties=COAL,RUS")
    (over,) = found["agreements"]
    assert (over["agreement"], over["word"], over["whose"]) == (
        "AGR-1",
        "in force",
        ["COAL", "RUS"],
    )
    assert [zone["zone"] for zone in over["zones"]] == ["Z1"]
    assert [rule["clause"] for rule in over["rules"]] == ["c1", "c2"]
    far = node.get("/api/agreements/ground?lat_deg=10.0&lon_deg=10.0")["agreements"][0]
    assert far["zones"] == []
    for query, word in (
        ("ground?lat_deg=x&lon_deg=1", "lat_deg and lon_deg"),
        ("ground?zone=Z2", "a zone of an agreement"),
        ("at?at_us=-5", "microseconds"),
        ("at?agreement=AGR-2", "did you mean 'AGR-1'?"),
        ("at?party=NOBODY", "a party of it"),
        (f"proposals?log={quote('parley.example/AGR-1/COAL/ops/2017')}&index=0", "held here"),
        ("proposals?log=x&index=y", "a number"),
    ):
        answer = WEB.get(f"{node.url}/api/agreements/{query}")
        assert answer.status_code in (400, 404)
        assert word in json.dumps(answer.json()), answer.text
    code, _, err = cli("COAL", "agreement", "list", "AGR-2")
    assert (code, "did you mean 'AGR-1'?" in err) == (2, True)
    code, _, err = cli("COAL", "agreement", "renew")
    assert (code, "it lapses" in err) == (2, True)
