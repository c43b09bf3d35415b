"""People's signatures, keys, holds, consents and guarded notices, over HTTP between real nodes."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

import msgspec
import pytest

from app.twonodes import AGREEMENT, WEB, Running, free_port, lines_of, parley_here, say, until
from parley.app.act_views import EntryView
from parley.app.api import CUSTODY_ACTS
from parley.app.cli import acts
from parley.app.custody_views import GUARDED
from parley.app.setup import make_node
from parley.app.signing import checked
from parley.node.custody_bodies import ActSigned, OperatorEnrolled
from parley.node.encoding import decode_entry
from parley.node.entries import Entry, log_name
from parley.review.pack import read_pack
from parley.review.verify import verify_pack
from parley.trust.statements import Enrolment, verify_act, verify_enrolment
from parley.trust.tree import leaf_hash
from parley.world.agreement import Party
from parley.world.faults import InputFault, PeerFault

WORD = "Qarqaf-Field-Hospital-7731"
WINDOW = "0610Z to 0750Z, north gate"
PARTIES = ("COAL", "RUS", "NEU")


def make_three(folder: Path) -> dict[str, Path]:
    """Return the TOML files of three nodes under one agreement; NEU has no end of the line."""
    neutral = Party(id="NEU", posts=("observer",))
    agreement = msgspec.structs.replace(AGREEMENT, parties=(*AGREEMENT.parties, neutral))
    (folder / "agr-1.json").write_bytes(msgspec.json.encode(agreement))
    tables = {
        party: make_node(
            folder / party, party=party, listen=f"127.0.0.1:{free_port()}", http="127.0.0.1:0"
        )
        for party in PARTIES
    }
    files = {}
    for party in PARTIES:
        file = folder / party / "node.toml"
        text = file.read_text().replace("agreements = []", 'agreements = ["../agr-1.json"]')
        file.write_text(text + "\n".join(tables[p] for p in PARTIES if p != party))
        files[party] = file
    return files


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    started: dict[str, Running] = {}
    try:
        for party, file in make_three(tmp_path_factory.mktemp("three")).items():
            started[party] = Running(file)
        for node in started.values():
            until(lambda node=node: sum(log["own"] for log in node.get("/api/logs")), 30.0)
            until(
                lambda node=node: all(p["link"] == "up" for p in node.get("/api/status")["peers"])
            )
        yield started
    finally:
        for node in started.values():
            if node.process.poll() is None:
                node.stop()


@pytest.fixture
def cli(nodes, capsys):
    def run(party, *arguments):
        node = nodes[party]
        return parley_here(capsys, *arguments, "--node", node.url, "--token", node.token_file)

    return run


def done(result):
    code, out, err = result
    assert code == 0, err
    return out


def post(node, path, **body):
    headers = {"Authorization": f"Bearer {node.token}"}
    return WEB.post(f"{node.url}{path}", json=body, headers=headers)


def message(node, key):
    return next((m for m in node.get("/api/messages") if m["key"] == list(key)), None)


def key_of(text):
    origin, index = text.split()
    return [origin, int(index)]


def store_bytes(node) -> bytes:
    """Return every byte in a node's folder: the database, its write-ahead log, all else."""
    files = [file for file in node.file.parent.rglob("*") if file.is_file()]
    assert any(file.read_bytes().startswith(b"SQLite format 3") for file in files)
    return b"".join(file.read_bytes() for file in files)


@pytest.fixture(scope="module")
def people(nodes, tmp_path_factory):
    """Two people of COAL, with key files of their own, enrolled."""
    folder = tmp_path_factory.mktemp("people")
    return {name: folder / f"{name}.key" for name in ("owl", "fox", "newt", "moth")}


def enrol(cli, capsys, people, name, *options):
    made = parley_here(capsys, "key", "operator", people[name], "--party", "COAL",
                       "--operator", name)  # fmt: skip
    assert made[0] == 0, made[2]
    document = parley_here(capsys, "key", "enrol", people[name], *options)[1]
    file = people[name].with_suffix(".json")
    file.write_text(document)
    return key_of(done(cli("COAL", "operator", "enrol", file)))


# ---- people -------------------------------------------------------------------------------------


def test_people_sign_what_they_saw_and_the_export_alone_proves_it(nodes, cli, capsys, people):
    owl_of(cli, capsys, people)
    enrol(cli, capsys, people, "fox", "--post", "commander", "--post", "duty-officer")
    code, out, err = cli("COAL", "say", "--line", "L1", "--to", "RUS", "--text", "hear, hear",
                         "--operator-key", people["owl"])  # fmt: skip
    assert code == 0, err
    key = key_of(out)
    # What is signed was put before the person: the payload, not only its commitment.
    assert "hear, hear" in err
    assert "signed by owl" in err
    assert message(nodes["COAL"], key)["signed"] == "single-signed"
    done(cli("COAL", "sign", *key, "--operator-key", people["fox"], "--post", "commander", "--yes"))
    seen = until(lambda: (m := message(nodes["RUS"], key)) and m["signed"] == "double-signed" and m)
    assert [(s["operator"], s["post"], s["counts"]) for s in seen["signatures"]] == [
        ("owl", "duty-officer", True),
        ("fox", "commander", True),
    ]
    assert "double-signed by owl at duty-officer, fox at commander" in done(cli("RUS", "answer"))
    # From the file that RUS hands over, with public functions only.
    data = WEB.get(f"{nodes['RUS'].url}/api/export").content
    assert intact(data)
    assert proven_people(data, key) == {"owl", "fox"}


def intact(data):
    """Whether a pack verifies; who cosigned a peer's log is known to that peer only."""
    return verify_pack(data).verdict.startswith(("record intact", "undecided"))


def proven_people(data, key):
    """Return whose signatures on an entry hold, by the bytes of a pack alone."""
    entries = {
        (log.origin, part.start + place): raw
        for log in read_pack(data).logs
        for part in log.ranges
        for place, raw in enumerate(part.entries)
    }
    leaf = leaf_hash(entries[tuple(key)]).hex()
    keys, found = {}, set()
    for (origin, index), raw in sorted(entries.items()):
        entry = decode_entry(raw, log=log_name(origin), index=index)
        if not isinstance(entry, Entry) or entry.log.party != "COAL":
            continue
        body = entry.body
        if isinstance(body, OperatorEnrolled):
            enrolment = Enrolment(party="COAL", operator=body.operator, key=body.key,
                                  posts=body.posts, until_us=body.until_us)  # fmt: skip
            keys[body.operator] = verify_enrolment(enrolment, body.possession)
        elif isinstance(body, ActSigned) and entry.ref[0].key == tuple(key):
            verify_act(keys[body.operator], *key, leaf, body.signature)
            with pytest.raises(PeerFault):
                verify_act(keys[body.operator], key[0], key[1] + 1, leaf, body.signature)
            found.add(body.operator)
    return found


def owl_of(cli, capsys, people):
    """Return the key file of somebody who may sign, enrolled by whichever test came first."""
    if not people["owl"].exists():
        enrol(cli, capsys, people, "owl", "--post", "duty-officer")
    return people["owl"]


def entry_of(node, key):
    return node.get(f"/api/logs/{key[0]}/entries?start={key[1]}&end={key[1] + 1}")[0]["text"]


def test_a_line_act_and_a_guarded_notice_are_signed_right_after(nodes, cli, capsys, people):
    owl = owl_of(cli, capsys, people)
    code, out, err = cli("COAL", "line", "L1", "--present", "--operator-key", owl)
    assert (code, "signed by owl" in err) == (0, True), err
    origin, index = key_of(out)
    assert '"presence.declared"' in entry_of(nodes["COAL"], (origin, index))
    after = entry_of(nodes["COAL"], (origin, index + 1))
    assert '"act.signed"' in after
    assert f'"index":{index},' in after
    done(cli("COAL", "consent", "give", "--addressee", "RUS"))
    code, out, err = cli("COAL", "say", "--line", "L1", "--to", "RUS", "--type",
                         "humanitarian.withdraw", "--text", "the clinic has moved",
                         "--valid", "1h", "--operator-key", owl)  # fmt: skip
    assert (code, "the clinic has moved" in err) == (0, True), err
    view = message(nodes["COAL"], key_of(out))
    assert (view["signed"], view["opened"][0]["purpose"]) == ("single-signed", "to sign it")
    # What is no key of a person signs nothing, and nothing was said before that is known.
    before = nodes["COAL"].acts()
    link = nodes["COAL"].file.parent / "keys" / "link.key"
    code, out, err = cli("COAL", "line", "L1", "--leave", "--operator-key", link)
    assert (code, out, "an operator's key" in err) == (2, "", True)
    # Nor is anything said in the name of a person who may not sign it, here or at this post.
    nobody = people["owl"].with_name("nobody.key")
    parley_here(capsys, "key", "operator", nobody, "--party", "COAL", "--operator", "nobody")
    code, out, err = cli("COAL", "line", "L1", "--leave", "--operator-key", nobody)
    assert (code, out, "operator nobody is not enrolled" in err) == (2, "", True), err
    code, out, err = cli("COAL", "line", "L1", "--leave", "--operator-key", owl, "--post",
                         "commander")  # fmt: skip
    assert (code, out, "enrolled at duty-officer, not at commander" in err) == (2, "", True), err
    assert nodes["COAL"].acts() == before


def test_what_is_written_and_could_not_be_signed_says_that_it_stands(monkeypatch):
    def refuse(*arguments, **options):
        raise InputFault("operator owl", value="removed", wanted="one that counts")

    monkeypatch.setattr(acts, "sign_shown", refuse)
    with pytest.raises(InputFault) as refused:
        acts._sign_written(None, ("parley.example/A/COAL/line/2017", 3), Path("x"), "desk")
    assert str(refused.value).startswith("written at parley.example/A/COAL/line/2017 3 and NOT SIG")
    assert "do not say it again" in str(refused.value)


def test_a_stranger_an_expired_and_a_removed_person_are_refused_with_the_reason(
    nodes, cli, capsys, people, tmp_path
):
    key = nodes["COAL"].act(**say(text="unsigned")).json()["key"]
    stranger = tmp_path / "stranger.key"
    parley_here(capsys, "key", "operator", stranger, "--party", "COAL", "--operator", "stray")
    sign = ("sign", *key, "--yes", "--operator-key")
    code, _, err = cli("COAL", *sign, stranger)
    assert (code, "a stranger" in err) == (2, True), err
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    enrol(cli, capsys, people, "newt", "--post", "duty-officer", "--until", soon)
    time.sleep(3)
    code, _, err = cli("COAL", *sign, people["newt"])
    assert (code, "enrolled until" in err) == (2, True), err
    enrol(cli, capsys, people, "moth", "--post", "duty-officer")
    code, _, err = cli("COAL", *sign, people["moth"], "--post", "commander")
    assert (code, "at post commander" in err) == (2, True), err
    slip = cli("COAL", "operator", "remove", "mth")
    assert (slip[0], "did you mean 'moth'?" in slip[2]) == (2, True), slip[2]
    done(cli("COAL", "operator", "remove", "moth", "--reason", "left the staff"))
    code, _, err = cli("COAL", *sign, people["moth"])
    assert (code, "left the staff" in err) == (2, True), err
    assert message(nodes["COAL"], key)["signed"] == "not signed by a person"
    listed = until(lambda: (t := done(cli("RUS", "operator", "list"))) and "moth" in t and t)
    assert "MAY NOT SIGN: removed at" in listed
    assert "MAY NOT SIGN: enrolled until" in listed


def test_what_a_node_shows_falsely_is_not_signed(nodes):
    key = nodes["COAL"].act(**say(text="true words")).json()["key"]
    path = f"/api/logs/{key[0]}/entries?start={key[1]}&end={key[1] + 1}"
    view = msgspec.convert(nodes["COAL"].get(path)[0], EntryView)
    assert "true words" in (checked(*key, view).payload or "")
    lies = [
        {"text": view.text.replace("duty-officer", "duty-officir")},
        {"leaf": "0" * 64},
        {"payload": view.payload.replace("true", "fake")},
        {"salt": "00" * 32},
        {"salt": "zz"},
        {"payload": None},
    ]
    for lie in lies:
        with pytest.raises(InputFault):
            checked(*key, msgspec.structs.replace(view, **lie))


def test_a_person_who_says_no_signs_nothing(nodes, cli, capsys, people, monkeypatch):
    key = nodes["COAL"].act(**say(text="not this one")).json()["key"]
    owl = owl_of(cli, capsys, people)
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    code, out, err = cli("COAL", "sign", *key, "--operator-key", owl)
    assert (code, out.strip()) == (1, "")
    assert "not this one" in err
    assert message(nodes["COAL"], key)["signatures"] == []


# ---- holds, consents, keys ----------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(CUSTODY_ACTS))
def test_each_route_wants_the_token_and_its_own_form(nodes, path):
    node = nodes["COAL"]
    assert WEB.post(node.url + path, json={}).status_code == 401
    assert post(node, path).status_code == 422
    assert post(node, path, type="tick").status_code == 422
    assert post(node, path, shout=1).status_code == 422
    kind, _ = CUSTODY_ACTS[path]
    fields = msgspec.json.schema(kind)["$defs"][kind.__name__]["required"]
    assert fields


def test_a_field_that_an_act_does_not_have_is_named(nodes):
    reply = post(nodes["COAL"], "/api/holds", agreement="AGR-1", post="duty-officer",
                 hold="H9", reason="x", reson="y")  # fmt: skip
    assert reply.status_code == 422
    assert "did you mean 'reason'?" in reply.json()["fault"]


def test_holds_and_consents_are_given_listed_and_ended(nodes, cli):
    done(cli("NEU", "consent", "give", "--addressee", "RUS", "--scope", "clinics",
             "--post", "observer"))  # fmt: skip
    assert "NEU to RUS (AGR-1): stands, until withdrawn for clinics" in done(
        cli("NEU", "consent", "list")
    )
    code, _, err = cli("NEU", "consent", "withdraw", "--addressee", "RUS", "--post", "observer",
                       "--reason", "asked to")  # fmt: skip
    assert (code, "cannot be recalled" in err) == (0, True)
    until(lambda: "DOES NOT STAND: withdrawn: asked to" in done(cli("COAL", "consent", "list")))
    assert cli("NEU", "consent", "give", "--addressee", "NEU")[0] == 2
    assert cli("NEU", "consent", "give", "--addressee", "RUS", "--until",
               "2020-01-01T00:00:00Z")[0] == 2  # fmt: skip
    done(cli("NEU", "hold", "set", "H1", "--reason", "inquiry 12", "--post", "observer"))
    until(lambda: "H1 of NEU (AGR-1)" in done(cli("COAL", "hold", "list")))
    assert cli("NEU", "hold", "lift", "H2", "--reason", "x")[0] == 2
    done(cli("NEU", "hold", "lift", "H1", "--reason", "closed", "--post", "observer"))
    assert done(cli("NEU", "hold", "list")) == "no hold stands\n"
    rows = lines_of(done(cli("NEU", "consent", "list", "--json")))
    assert [row["stands"] for row in rows if row["party"] == "NEU"] == [False]


# ---- guarded notices ----------------------------------------------------------------------------


def notice(**changed):
    return say(
        message_type="humanitarian.notice",
        text=f"Please note {WORD}",
        fields={"place": WORD, "window": WINDOW},
        **changed,
    )


def test_a_guarded_notice_from_consent_to_its_destruction(nodes, cli):
    coal, rus, neu = (nodes[party] for party in PARTIES)
    done(cli("COAL", "consent", "withdraw", "--addressee", "RUS"))
    valid_until_us = coal.get("/api/status")["now_us"] + 14_000_000
    refused = coal.act(**notice(valid_until_us=valid_until_us))
    assert refused.status_code == 409
    assert "parley consent give --addressee RUS" in refused.json()["repair"]
    done(cli("COAL", "consent", "give", "--addressee", "RUS"))
    forever = coal.act(**notice())
    assert (forever.status_code, "such notices expire" in forever.json()["fault"]) == (409, True)
    given = coal.act(**notice(valid_until_us=valid_until_us))
    assert given.status_code == 201, given.text
    key = given.json()["key"]
    assert WORD not in given.text

    # RUS has it, and shows everything but its words until somebody opens it.
    masked = until(lambda: message(rus, key))
    assert (masked["reading"], masked["text"], masked["fields"]) == ("guarded", GUARDED, {})
    assert masked["message_type"] == "humanitarian.notice"
    assert masked["may_answer"] == ["ROGER"]
    assert masked["valid_until_us"] == valid_until_us
    for node in (coal, rus):
        for path in ("/api/messages", f"/api/logs/{key[0]}/entries", "/", "/api/status"):
            assert WORD not in WEB.get(node.url + path).text, path
    listed = done(cli("RUS", "answer"))
    assert GUARDED in listed
    assert WORD not in listed
    assert WORD.encode() in store_bytes(rus)

    # NEU holds the entry, and not a word of it.
    sealed = until(lambda: message(neu, key))
    assert (sealed["reading"], sealed["audience"]) == ("sealed", ["COAL", "RUS"])
    assert WORD.encode() not in store_bytes(neu)

    answer = {"type": "answer", "ref": key, "post": "duty-officer", "answer": "WILCO",
              "fields": {"place": WORD, "window": WINDOW}}  # fmt: skip
    assert rus.act(**answer).status_code == 409
    code, out, err = cli("RUS", "notice", "open", *key, "--purpose", "to read it back")
    assert code == 0, err
    assert f"place: {WORD}" in out
    assert "private log" in err
    opened = message(rus, key)
    assert (opened["reading"], opened["opened"][0]["post"]) == ("opened", "duty-officer")
    private = [log for log in rus.get("/api/logs") if log["kind"] == "private"]
    texts = [e["text"] for log in private
             for e in rus.get(f"/api/logs/{log['origin']}/entries")]  # fmt: skip
    assert any("payload.opened" in text for text in texts)
    for node in (coal, neu):
        assert not [log for log in node.get("/api/logs")
                    if log["kind"] == "private" and not log["own"]]  # fmt: skip
    assert rus.act(**{**answer, "answer": "ROGER"}).status_code == 201
    matched = until(
        lambda: (m := message(coal, key)) and m["ladder"][0]["read_back"] == "matched" and m
    )
    # The sender's own view is guarded as well, down to what was read back.
    assert matched["ladder"][0]["answer"]["fields"] == {}
    assert matched["ladder"][0]["received_us"] is not None
    done(cli("RUS", "hold", "set", "inquiry", "--reason", "asked by the board"))
    destroy = cli("RUS", "notice", "destroy", *key)
    assert (destroy[0], "held by inquiry" in destroy[2]) == (2, True)

    # It expires: COAL's copy goes, with what was read back; RUS's hold keeps RUS's.
    until(lambda: message(coal, key)["reading"] == "destroyed", 25.0)
    until(lambda: WORD.encode() not in store_bytes(coal))
    assert WINDOW.encode() not in store_bytes(coal)
    assert WORD.encode() in store_bytes(rus)
    assert message(rus, key)["reading"] == "opened"
    done(cli("RUS", "hold", "lift", "inquiry", "--reason", "the board is done"))
    until(lambda: message(rus, key)["reading"] == "destroyed")
    until(lambda: WORD.encode() not in store_bytes(rus))
    assert WINDOW.encode() not in store_bytes(rus)
    left = message(rus, key)
    assert (left["text"], left["fields"], left["party"]) == ("", {}, "COAL")
    for node in (coal, rus, neu):
        assert intact(WEB.get(f"{node.url}/api/export").content)


# ---- keys ---------------------------------------------------------------------------------------


def test_a_distrusted_link_key_ends_the_link_at_once_and_shows_first(nodes, cli):
    """After it the two are not linked; nothing below needs that."""
    rus, neu = nodes["RUS"], nodes["NEU"]
    unknown = cli("NEU", "distrust", "RUS", "no-such-key", "--reason", "x", "--post", "observer")
    assert unknown[0] == 2
    done(cli("NEU", "distrust", "RUS", "link", "--reason", "found on a USB stick",
             "--post", "observer"))  # fmt: skip
    found = [k for k in neu.get("/api/keys") if k["why"]]
    assert [(k["party"], k["role"]) for k in found] == [("RUS", "link")]
    assert "found on a USB stick" in found[0]["why"]
    page = WEB.get(f"{neu.url}/").text
    assert page.index("Look at this first") < page.index('id="glance"')
    until(lambda: any(r["what"] == "fault" for p in neu.get("/api/status")["peers"]
                      if p["party"] == "RUS" for r in p["refused"]), 30.0)  # fmt: skip
    assert rus.process.poll() is None


# ---- asked for, and for good --------------------------------------------------------------------


def test_a_notice_is_destroyed_when_asked_and_stays_so_after_a_restart(nodes, cli):
    coal, rus, _ = (nodes[party] for party in PARTIES)
    word = "Tall-Abyad-Clinic-4410"
    done(cli("COAL", "consent", "give", "--addressee", "RUS"))
    out = done(cli("COAL", "say", "--line", "L1", "--to", "RUS", "--type", "humanitarian.notice",
                   "--text", word, "-f", f"place={word}", "-f", "window=all day",
                   "--valid", "2h"))  # fmt: skip
    key = key_of(out)
    until(lambda: message(rus, key))
    assert word.encode() in store_bytes(rus)
    # Who has not opened it has nothing to acknowledge; nor does that count as displayed.
    back = ("-f", f"place={word}", "-f", "window=all day")
    code, _, err = cli("RUS", "answer", *key, "ROGER", *back)
    assert code == 2
    assert f"open it first: parley notice open {key[0]} {key[1]}" in err
    assert message(rus, key)["ladder"][0]["displayed_us"] is None
    assert "may be answered: ROGER" in done(cli("RUS", "notice", "open", *key))
    done(cli("RUS", "answer", *key, "ROGER", *back))
    assert message(rus, key)["ladder"][0]["displayed_us"] is not None
    assert "  answered ROGER" in done(cli("RUS", "notice", "open", *key)).splitlines()
    code, _, err = cli("RUS", "notice", "destroy", *key)
    assert (code, "Copies that others hold cannot be recalled" in err) == (0, True), err
    assert message(rus, key)["reading"] == "destroyed"
    until(lambda: word.encode() not in store_bytes(rus))
    assert word.encode() in store_bytes(coal)
    rus.kill()
    nodes["RUS"] = rus = Running(rus.file)
    until(lambda: message(rus, key))
    assert message(rus, key)["reading"] == "destroyed"
    assert word.encode() not in store_bytes(rus)
    again = cli("RUS", "notice", "destroy", *key)
    assert again[0] == 2
    code, _, err = cli("RUS", "notice", "open", *key)
    assert (code, "destroyed: this party dropped its copy" in err) == (2, True), err
    code, _, err = cli("COAL", "say", "--line", "L1", "--to", "RUS", "--type",
                       "humanitarian.notice", "--text", word)  # fmt: skip
    assert (code, "--valid, wanted how long the humanitarian.notice is valid" in err) == (2, True)
