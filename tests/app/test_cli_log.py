from __future__ import annotations

import json
import re
import shutil
import sqlite3

import msgspec
import pytest

from app.storedworld import answer, drill, linked, say, write_node
from app.twonodes import T0_US, lines_of, make_pair, parley_here
from app.twonodes import say as say_body
from parley.app.config import load_node, read_config
from parley.app.crank import Crank
from parley.app.evidence import HEADS_MAX, PackRequest, make_pack
from parley.node.inputs import Say, Tick
from parley.review.pack import bundle, write_pack
from parley.review.verify import PackFault, open_evidence, read_pack, verify_pack
from parley.store.sqlite import Store
from parley.trust.seal import seal
from parley.world.time import format_instant

pytest_plugins = ["app.sharednodes"]
LINE = "parley.example/AGR-1/COAL/line/2017"


@pytest.fixture
def coal(tmp_path):
    """A stopped node with a few messages of its own."""
    file = make_pair(tmp_path)["COAL"]
    setup = load_node(file)
    with Store(setup.store) as store:
        crank = Crank(setup.identity, store, salt=lambda: bytes(32), sealer=seal)
        for n in range(5):
            said = Say(
                agreement="AGR-1", line="L1", post="duty-officer", to=("RUS",),
                message_type="free.text", text=f"number {n}",
            )  # fmt: skip
            crank.turn(T0_US + n * 1_000_000, said)
        crank.turn(T0_US + 10_000_000, Tick())
    return file


def test_list_says_what_is_held(capsys, coal):
    code, out, err = parley_here(capsys, "log", "list", coal)
    assert (code, err) == (0, "")
    assert f"{LINE}: 6 entries" in out
    code, out, _ = parley_here(capsys, "log", "list", coal.parent, "--json")
    assert {each["origin"]: each["size"] for each in lines_of(out)}[LINE] == 6


def test_fsck_passes_a_sound_store_and_names_the_entry_that_was_changed(capsys, coal):
    code, out, _ = parley_here(capsys, "log", "fsck", coal)
    assert code == 0
    assert f"{LINE}: 6 entries, sound" in out
    store = load_node(coal).store
    with sqlite3.connect(store) as db:
        db.execute(
            "UPDATE entries SET data = CAST(replace(data, 'duty-officer', 'duty-Officer') AS BLOB)"
            " WHERE id = (SELECT max(id) - 2 FROM entries"
            " WHERE instr(data, CAST('message.said' AS BLOB)) > 0)"
        )
    db.close()
    code, out, err = parley_here(capsys, "log", "fsck", store)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert f"log {LINE} entry 3 is changed" in err


def test_export_writes_a_pack_that_verifies(capsys, coal, tmp_path):
    pack = tmp_path / "pack.zip"
    code, out, _ = parley_here(capsys, "log", "export", coal, "-o", pack)
    assert (code, out) == (0, "")
    report = verify_pack(pack.read_bytes())
    assert {log.origin: log.size for log in report.logs}[LINE] == 6
    again = tmp_path / "again.zip"
    parley_here(capsys, "log", "export", coal.parent, "-o", again, "--agreement", "AGR-1")
    assert again.read_bytes() == pack.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["log", "export", "{coal}", "-o", "{tmp}/x", "--agreement", "AGR-2"], "'AGR-1'"),
        (["log", "export", "{coal}", "-o", "{tmp}/none/x"], "none/x"),
        (["log", "export", "{tmp}/none.db", "-o", "{tmp}/x"], "not there"),
        (["log", "list", "{tmp}/none.db"], "not there"),
        (["log", "export", "http://evil.example:80", "-o", "{tmp}/x"], "on this machine"),
        (["log", "export", "127.0.0.1:1", "-o", "{tmp}/x"], "parley node run"),
        (["log", "export", "http://127.0.0.1:1", "-o", "{tmp}/x"], "parley node run"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_2(capsys, coal, tmp_path, arguments, words):
    filled = [each.format(coal=coal, tmp=tmp_path) for each in arguments]
    code, out, err = parley_here(capsys, *filled)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert not (tmp_path / "none.db").exists()


def test_a_pack_holds_a_bounded_number_of_heads(coal):
    setup = load_node(coal)
    with Store(setup.store) as store:
        crank = Crank(setup.identity, store, salt=lambda: bytes(32), sealer=seal)
        for n in range(3 * HEADS_MAX):
            said = Say(
                agreement="AGR-1", line="L1", post="duty-officer", to=("RUS",),
                message_type="free.text", wants_answer=False, text=str(n),
            )  # fmt: skip
            crank.turn(T0_US + (10 + n) * 1_000_000, said)
        crank.turn(T0_US + 220_000_000, Tick())
        size = store.size(LINE)
        logs = {log.origin: log for log in read_pack(make_pack(store)).logs}
    assert 1 < len(logs[LINE].heads) <= HEADS_MAX + 1
    assert logs[LINE].ranges[0].end == size > 6 + 3 * HEADS_MAX


# ---- proofs, times, silence ---------------------------------------------------------------------

ALFA = "parley.example/AB/ALFA/line/2026"
BRAVO = "parley.example/AB/BRAVO/line/2026"


def clock(us: int) -> str:
    return format_instant(us)


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """Two nodes: a test of the line every ten minutes, one message of ALFA, answered."""
    world = linked()
    marks = {}
    for turn in range(6):
        marks[turn] = world.now_us
        for party, other in (("ALFA", "BRAVO"), ("BRAVO", "ALFA")):
            say(world, party, other, message_type="line.test", wants_answer=False)
        if turn == 3:
            world.run(100)
            marks["said"] = world.now_us
            say(world, subject="zone Z1")
            answer(world, "BRAVO", "zone Z1")
        world.run(600 - (world.now_us - marks[turn]) // 1_000_000)
    folder = tmp_path_factory.mktemp("day")
    for party in ("ALFA", "BRAVO"):
        write_node(world, party, folder / party)
    marks["keys"] = {party: each.keys for party, each in world.identities.items()}
    return folder, marks


def ask(marks, start, end, *more, store):
    window = ["--from", clock(marks[start] - 1), "--to", clock(marks[end] - 1)]
    return ["log", "silence", store, "--agreement", "AB", *window, "--line", "LINE-AB", *more]


@pytest.mark.row("S6", "A3", "R5")
@pytest.mark.parametrize("party", ["ALFA", "BRAVO"])
def test_where_nothing_was_said_the_proof_of_it_verifies(capsys, day, tmp_path, party):
    folder, marks = day
    pack = tmp_path / "silence.zip"
    asked = ask(marks, 1, 3, "--type", "free.text", "-o", pack, store=folder / "ALFA")
    code, out, _ = parley_here(capsys, *asked, "--party", party)
    first, *rest = out.splitlines()
    assert (code, first) == (0, "not in these logs"), out
    assert f"parley.example/AB/{party}/line/2026: not in these logs" in "\n".join(rest)
    evidence = open_evidence(pack.read_bytes())
    (stated,) = evidence.report.statements
    assert (stated.kind, stated.checked) == ("silence", "computed again")
    assert stated.text.startswith("not in these logs: message.said on line LINE-AB")
    # Anybody who has the pack gets the same answer, from it alone.
    again = ask(marks, 1, 3, "--type", "free.text", "--party", party, store=pack)
    assert parley_here(capsys, *again)[:2] == (0, out)


@pytest.mark.row("A3")
@pytest.mark.parametrize("party", ["ALFA", "BRAVO"])
def test_what_was_said_is_found_by_both_parties(capsys, day, tmp_path, party):
    folder, marks = day
    pack = tmp_path / "said.zip"
    asked = ask(marks, 3, 4, "--subject", "zone Z1", "-o", pack, store=folder / party)
    code, out, _ = parley_here(capsys, *asked)
    assert (code, out.splitlines()[0]) == (0, "in these logs: 1 entry"), out
    found = next(line for line in out.splitlines() if line.startswith("  found:"))
    assert f"claimed {clock(marks['said'])}" in found
    assert [s.checked for s in open_evidence(pack.read_bytes()).report.statements]


def test_the_pack_of_a_silence_shows_the_window_and_no_more(capsys, day, tmp_path):
    folder, marks = day
    pack = tmp_path / "silence.zip"
    asked = ask(
        marks, 1, 2, "--type", "free.text", "--party", "ALFA", "-o", pack, store=folder / "ALFA"
    )
    assert parley_here(capsys, *asked)[0] == 0
    shown = read_pack(pack.read_bytes())
    (log,) = [log for log in shown.logs if log.origin == ALFA]
    assert 0 < log.ranges[0].start < log.ranges[0].end < log.heads[-1].size
    assert log.ranges[0].end - log.ranges[0].start <= 4
    # The text of the agreement goes in, by the entries that adopted it.
    assert {log.origin for log in shown.logs} >= {ALFA, BRAVO, ALFA.replace("line", "ops")}
    assert 0 < sum(len(one.proof) for log in shown.logs for one in log.ranges) <= 1024


@pytest.mark.parametrize(("exclusive", "word"), [(True, "nothing was sent"), (False, "not in")])
def test_only_an_exclusive_channel_says_that_nothing_was_sent(capsys, tmp_path, exclusive, word):
    world = linked(drill(exclusive=exclusive))
    marks = {}
    for mark in "ab":
        marks[mark] = world.now_us
        for party, other in (("ALFA", "BRAVO"), ("BRAVO", "ALFA")):
            say(world, party, other, message_type="line.test", wants_answer=False)
        world.run(60)
    folder = write_node(world, "ALFA", tmp_path / "ALFA")
    pack = tmp_path / "p.zip"
    asked = ask(marks, "a", "b", "--type", "free.text", "-o", pack, store=folder)
    code, out, _ = parley_here(capsys, *asked)
    assert code == 0
    assert out.startswith(word), out
    assert ("by clause C9 these logs are the exclusive channel" in out) == exclusive
    assert open_evidence(pack.read_bytes()).report.statements[0].text.startswith(word)


def test_a_bare_store_file_has_the_word_that_its_node_gave_then_and_none_after(capsys, day):
    folder, marks = day
    store = folder / "ALFA" / read_config(folder / "ALFA" / "node.toml").store
    asked = ask(marks, 1, 3, "--type", "free.text", "--party", "BRAVO", store=store)
    code, out, _ = parley_here(capsys, *asked)
    assert (code, out.splitlines()[0]) == (0, "not in these logs")
    late = ["--from", clock(marks[5] + 3600 * 1_000_000), "--to", "2026-12-01"]
    asked = ("log", "silence", store, "--agreement", "AB", *late, "--party", "BRAVO")
    code, out, _ = parley_here(capsys, *asked, "--type", "free.text")
    assert code == 1
    assert out.startswith("undecided: ")


def test_a_question_about_anybody_takes_the_parties_from_the_adopted_text(capsys, day):
    folder, marks = day
    asked = ask(marks, 1, 3, "--type", "free.text", "--json", store=folder / "ALFA")
    code, out, _ = parley_here(capsys, *asked)
    answer = json.loads(out)
    assert (code, answer["word"]) == (0, "not in these logs")
    assert [log["origin"] for log in answer["logs"]] == [ALFA, BRAVO]


@pytest.mark.parametrize("after_s", [0, 300])
def test_what_others_have_not_cosigned_since_is_undecided_and_exit_1(
    capsys, day, tmp_path, after_s
):
    folder, marks = day
    pack = tmp_path / "undecided.zip"
    window = ["--from", clock(marks[5] + after_s * 1_000_000), "--to", "2026-12-01"]
    asked = ["log", "silence", folder / "ALFA", "--agreement", "AB", *window, "--party", "ALFA"]
    code, out, _ = parley_here(capsys, *asked, "--type", "free.text", "-o", pack)
    assert code == 1
    assert open_evidence(pack.read_bytes()).report.statements[0].text.startswith("undecided: ")
    assert out.startswith("undecided: BRAVO stopped cosigning at 2026-05-2")


def test_answers_count_where_they_are_asked_for(capsys, day):
    folder, marks = day
    # What BRAVO wrote is bounded from above by the next entry of ALFA, who had seen it.
    asked = ask(marks, 3, 5, "--party", "BRAVO", "--subject", "zone Z1", store=folder / "ALFA")
    assert parley_here(capsys, *asked)[1].startswith("not in these logs")
    assert parley_here(capsys, *asked, "--answers")[1].startswith("in these logs: 1 entry")


@pytest.mark.parametrize("packed", [False, True])
def test_a_type_that_is_none_is_refused_and_not_silent(capsys, day, tmp_path, packed):
    folder, marks = day
    store = folder / "ALFA"
    if packed:
        store = tmp_path / "pack.zip"
        parley_here(capsys, "log", "export", folder / "ALFA", "-o", store)
    code, out, err = parley_here(capsys, *ask(marks, 3, 4, "--type", "fre.text", store=store))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "message type is fre.text" in err
    assert "did you mean 'free.text'?" in err


def test_a_subject_that_no_message_ever_had_is_noted(capsys, day, tmp_path):
    folder, marks = day
    asked = ask(marks, 3, 4, "--subject", "zone z1", "--party", "ALFA", store=folder / "ALFA")
    code, out, _ = parley_here(capsys, *asked)
    assert (code, out.splitlines()[0]) == (0, "not in these logs")
    note = "note: no message that can be read in these logs, at any time, has subject 'zone z1'"
    assert f"{note}: did you mean 'zone Z1'? Its subject code would be 'zone'." in out
    told = json.loads(parley_here(capsys, *asked, "--json")[1])
    assert f"note: {told['notes'][0]}" in out
    # A subject that was used, only not then, is none to doubt.
    asked = ask(marks, 0, 2, "--subject", "zone Z1", "--party", "ALFA", store=folder / "ALFA")
    assert "note: no message" not in parley_here(capsys, *asked)[1]
    # Of a pack that shows a part, no more is said than of that part.
    pack = tmp_path / "cut.zip"
    parley_here(capsys, *ask(marks, 3, 4, "--party", "ALFA", "-o", pack, store=folder / "ALFA"))
    asked = ask(marks, 3, 4, "--subject", "quite else", "--party", "ALFA", store=pack)
    assert (
        "among the entries shown here has subject 'quite else': is it"
        in parley_here(capsys, *asked)[1]
    )


def test_a_pack_is_known_by_its_bytes_and_not_by_its_name(capsys, day, tmp_path):
    folder, marks = day
    pack = tmp_path / "handed.over"
    parley_here(capsys, "log", "export", folder / "ALFA", "-o", pack)
    asked = ask(marks, 3, 4, "--party", "ALFA", "--subject", "zone Z1", store=pack)
    assert parley_here(capsys, *asked)[1].startswith("in these logs: 1 entry")
    assert parley_here(capsys, "log", "prove", pack, ALFA, 1)[0] == 0
    assert f"{ALFA}: " in parley_here(capsys, "log", "list", pack)[1]


def test_a_silence_says_and_its_pack_states_what_was_not_asked_for(capsys, day, tmp_path):
    folder, marks = day
    pack = tmp_path / "beside.zip"
    asked = ask(marks, 3, 5, "--party", "BRAVO", "--subject", "zone Z1", "-o", pack,
                store=folder / "ALFA")  # fmt: skip
    code, out, _ = parley_here(capsys, *asked)
    assert (code, out.splitlines()[0]) == (0, "not in these logs")
    beside = next(line for line in out.splitlines() if line.startswith("not asked for: "))
    assert "1 answer, 0 line declarations, 1 other message" in beside
    assert "by BRAVO in the window; --answers asks for answers too" in beside
    (stated,) = open_evidence(pack.read_bytes()).report.statements
    assert beside.removesuffix("; --answers asks for answers too") in stated.text
    assert "not asked for: 1 answer" in parley_here(capsys, "verify", pack)[1]


@pytest.mark.parametrize(
    ("release", "asked", "word"),
    [
        ("full", [], "in these logs: 1 entry"),
        ("sealed", [], "undecided: "),
        ("redacted", [], "undecided: "),
        ("sealed", ["--party", "CHARLIE"], None),
    ],
)
def test_a_silence_opens_no_more_than_its_release(capsys, day, tmp_path, release, asked, word):
    folder, marks = day
    pack = tmp_path / "released.zip"
    options = ["--subject", "zone Z1", "--party", "ALFA", "--release", release, *asked, "-o", pack]
    _, out, err = parley_here(capsys, *ask(marks, 3, 4, *options, store=folder / "ALFA"))
    if word is None:  # without the agreement's text no party is known to be wrong
        assert out.startswith("undecided: log parley.example/AB/CHARLIE/line/2026 is not here")
        return
    assert out.startswith(word), out
    shown = read_pack(pack.read_bytes())
    assert shown.release == release
    count = sum(len(log.openings) for log in shown.logs)
    assert {"full": count > 2, "sealed": count == 0, "redacted": count == 2}[release], count
    stands = f"{count} payloads stand open in it" if count else "no payload stands open in it"
    assert f"released.zip: {pack.stat().st_size} bytes; {stands}" in err
    if release == "redacted":  # the text of the agreement, and nothing that was said
        assert {log.origin.split("/")[3] for log in shown.logs if log.openings} == {"ops"}


def test_a_silence_of_anything_is_decided_with_every_payload_closed(capsys, day, tmp_path):
    folder, marks = day
    pack = tmp_path / "closed.zip"
    window = ["--from", clock(marks["said"] - 80 * 10**6), "--to", clock(marks["said"] - 10**6)]
    asked = ["log", "silence", folder / "ALFA", "--agreement", "AB", *window, "--party", "ALFA"]
    code, out, err = parley_here(capsys, *asked, "--release", "sealed", "-o", pack)
    assert (code, out.splitlines()[0]) == (0, "not in these logs"), out
    assert open_evidence(pack.read_bytes()).report.release == "sealed"
    assert b"a word" not in pack.read_bytes()
    # The same of an exported pack; a pack that makes statements is not cut under them.
    whole, again = tmp_path / "whole.zip", tmp_path / "again.zip"
    parley_here(capsys, "log", "export", folder / "ALFA", "-o", whole)
    asked[2] = whole
    code, out, err = parley_here(capsys, *asked, "--release", "sealed", "-o", again)
    assert err.endswith("no payload stands open in it\n")
    asked[2] = again
    code, _, err = parley_here(capsys, *asked, "--release", "sealed")
    assert (code, "of a pack that makes statements" in err) == (2, True)
    assert parley_here(capsys, *asked, "--release", "half")[0] == 2


def test_a_changed_silence_pack_is_not_intact(capsys, day, tmp_path):
    folder, marks = day
    pack = tmp_path / "silence.zip"
    asked = ask(marks, 1, 3, "--party", "ALFA", "-o", pack, store=folder / "ALFA")
    parley_here(capsys, *asked)
    data = pack.read_bytes()
    at = data.index(b"line.test") if b"line.test" in data else data.index(b"message.said")
    pack.write_bytes(data[:at] + b"L" + data[at + 1 :])
    code, out, err = parley_here(capsys, *ask(marks, 1, 3, "--party", "ALFA", store=pack))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "not intact" in err


def test_a_pack_that_states_more_than_its_logs_say_is_refused(capsys, day, tmp_path):
    folder, marks = day
    pack = tmp_path / "silence.zip"
    asked = ask(marks, 1, 3, "--party", "ALFA", "--type", "free.text", "-o", pack,
                store=folder / "ALFA")  # fmt: skip
    parley_here(capsys, *asked)
    shown = read_pack(pack.read_bytes())
    (stated,) = shown.statements
    for changed in (
        {"word": "nothing was sent"},
        {"message_type": "line.test"},
        {"party": "CHARLIE"},
        {"to_us": str(marks[5] + 10**9)},
        {"from_us": "soon"},
    ):
        false = msgspec.structs.replace(stated, values=stated.values | changed)
        with pytest.raises(PackFault) as refused:
            open_evidence(write_pack(msgspec.structs.replace(shown, statements=(false,))))
        assert refused.value.step == 6, changed


def test_a_pack_without_the_entry_that_was_said_is_refused(capsys, day, tmp_path):
    """The maker leaves out the tail with the message, and states silence of what is left."""
    folder, marks = day
    pack = tmp_path / "said.zip"
    asked = ask(marks, 3, 4, "--party", "ALFA", "--subject", "zone Z1", "-o", pack,
                store=folder / "ALFA")  # fmt: skip
    assert "in these logs" in parley_here(capsys, *asked)[1]
    shown = read_pack(pack.read_bytes())
    values = shown.statements[0].values | {"word": "not in these logs"}
    logs = []
    for log in shown.logs:
        if log.origin == ALFA:
            (kept,) = log.ranges
            entries = kept.entries[:1]
            short = msgspec.structs.replace(
                kept, end=kept.start + 1, bundle=bundle(entries), leaves=kept.leaves[:32]
            )
            log = msgspec.structs.replace(log, ranges=(short,), openings={}, receipts=())
        logs.append(log)
    statement = msgspec.structs.replace(shown.statements[0], values=values)
    cut = msgspec.structs.replace(shown, logs=tuple(logs), statements=(statement,))
    with pytest.raises(PackFault):
        open_evidence(write_pack(cut))


@pytest.mark.parametrize(
    ("options", "opened"),
    [
        ([], lambda shown: len(shown) > 10),
        (["--release", "sealed"], lambda shown: shown == []),
        (["--release", "redacted", "--show", f"{ALFA}:2"], lambda shown: shown == [(ALFA, 2)]),
        (
            ["--release", "redacted", "--show-type", "message.answered"],
            lambda shown: len(shown) == 1 and shown[0][0] == BRAVO,
        ),
        (
            ["--release", "redacted", "--show-party", "ALFA", "--show-type", "message.said"],
            lambda shown: {origin for origin, _ in shown} == {ALFA},
        ),
    ],
)
def test_an_export_shows_what_it_may_and_all_of_it_verifies(capsys, day, tmp_path, options, opened):
    folder, _ = day
    pack = tmp_path / "pack.zip"
    asked = ["log", "export", folder / "ALFA", "-o", pack, "--title", "for the review", *options]
    assert parley_here(capsys, *asked)[0] == 0
    evidence = open_evidence(pack.read_bytes())
    assert evidence.report.title == "for the review"
    shown = [(log.origin, index) for log in evidence.pack.logs for index in log.openings]
    assert opened(shown), shown


def test_an_export_says_how_much_stands_open_in_it(capsys, day, tmp_path):
    asked = ["log", "export", day[0] / "ALFA", "-o", tmp_path / "x.zip", "--release"]
    one = [*asked, "redacted", "--show", f"{ALFA}:2"]
    assert "bytes; 1 payload stands open in it" in parley_here(capsys, *one)[2]
    assert "bytes; no payload stands open in it" in parley_here(capsys, *asked, "sealed")[2]


def test_a_selection_of_nothing_shows_nothing(day):
    folder, _ = day
    store = folder / "ALFA" / read_config(folder / "ALFA" / "node.toml").store
    with Store(store) as opened:
        pack = read_pack(make_pack(opened, None, PackRequest(release="redacted")))
    assert [log.origin for log in pack.logs if log.openings] == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--release", "half"], "--release is half"),
        (["--show-type", "message.said"], "wanted redacted"),
        (["--show", "2"], "--show is 2, wanted LOG:INDEX"),
        (["--release", "redacted"], "wanted what is shown"),
        (["--release", "redacted", "--show-type", "mesage.said"], "mean 'message.said'?"),
        (["--release", "redacted", "--show-type", "free.text"], "entry of type message.said"),
        (["--release", "redacted", "--show-party", "ALFB"], "wanted one of ALFA, BRAVO"),
        (["--release", "redacted", "--show", f"{ALFA}:9999"], "entry is 9999, wanted 0 to"),
        (["--show", "parley.example/AB/ALFA/lime/2026:1"], "did you mean"),
    ],
)
def test_a_release_that_is_none_is_refused(capsys, day, tmp_path, options, words):
    asked = ["log", "export", day[0] / "ALFA", "-o", tmp_path / "x.zip", *options]
    code, _, err = parley_here(capsys, *asked)
    assert (code, err.count("\n")) == (2, 1)
    assert words in err


def test_a_proof_of_one_entry_is_checked_with_the_owners_keys(capsys, day, tmp_path):
    folder, marks = day
    proof, entry = tmp_path / "p.tlog-proof", tmp_path / "p.json"
    made = ["log", "prove", folder / "ALFA", ALFA, 2, "-o", proof, "--entry", entry]
    code, out, err = parley_here(capsys, *made)
    assert (code, out) == (0, "")
    assert "cosigned by parley/BRAVO/mirror" in err
    keys = [marks["keys"]["ALFA"].log.verifier.vkey, marks["keys"]["BRAVO"].mirror.verifier.vkey]
    given = [word for key in keys for word in ("--key", key)]
    code, out, _ = parley_here(capsys, "log", "check-proof", proof, entry, *given)
    assert code == 0
    assert f"entry 2 of {ALFA} is under its signed head of" in out
    assert "held by parley/BRAVO/mirror, it says, at 2026-05-2" in out
    entry.write_bytes(entry.read_bytes().replace(b"message.said", b"message.Said"))
    code, out, err = parley_here(capsys, "log", "check-proof", proof, entry, *given)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "not proven" in err


def test_a_proof_under_another_partys_key_or_without_its_mirror_is_none(capsys, day, tmp_path):
    folder, marks = day
    proof, entry = tmp_path / "p.tlog-proof", tmp_path / "p.json"
    parley_here(capsys, "log", "prove", folder / "ALFA", ALFA, 2, "-o", proof, "--entry", entry)
    keys = marks["keys"]
    for log_key, mirror in (("BRAVO", "BRAVO"), ("ALFA", "ALFA")):
        given = ["--key", keys[log_key].log.verifier.vkey]
        given += ["--key", keys[mirror].mirror.verifier.vkey]
        assert parley_here(capsys, "log", "check-proof", proof, entry, *given)[0] == 1
    # The right bytes of a key under the name of another party are not that party's word.
    named = keys["ALFA"].log.verifier.named("parley/BRAVO/log").vkey
    assert parley_here(capsys, "log", "check-proof", proof, entry, "--key", named)[0] == 1
    given = ["--key", keys["BRAVO"].mirror.verifier.vkey]
    assert parley_here(capsys, "log", "check-proof", proof, entry, *given)[0] == 2


def test_a_proof_on_stdout_and_from_a_pack_is_the_same_form(capsys, day, tmp_path):
    folder, _ = day
    code, out, _ = parley_here(capsys, "log", "prove", folder / "ALFA", ALFA, 1)
    assert code == 0
    assert out.startswith("c2sp.org/tlog-proof@v1\nindex 1\n")
    pack = tmp_path / "pack.zip"
    parley_here(capsys, "log", "export", folder / "ALFA", "-o", pack)
    code, out, err = parley_here(capsys, "log", "prove", pack, ALFA, 1)
    assert out.startswith("c2sp.org/tlog-proof@v1\nindex 1\n")
    assert "cosigned by parley/BRAVO/mirror" in err


def test_the_time_of_an_entry_is_an_interval_with_whose_word_it_is(capsys, day, tmp_path):
    folder, _ = day
    code, out, _ = parley_here(capsys, "log", "time", folder / "ALFA", ALFA, 3)
    assert code == 0
    for words in ("not before 2026-", "BRAVO, by its entry", "claimed    2026-", "by its receipt"):
        assert words in out
    pack = tmp_path / "pack.zip"
    parley_here(capsys, "log", "export", folder / "ALFA", "-o", pack)
    code, out, _ = parley_here(capsys, "log", "time", pack, ALFA, 3, "--json")
    found = json.loads(out)
    assert (code, found["index"]) == (0, 3)
    assert found["earliest"][0]["at_us"] <= found["claimed_us"] <= found["latest"][0]["at_us"]


def test_a_receipt_that_is_not_good_bounds_nothing(capsys, day, tmp_path):
    folder, _ = day
    copy = tmp_path / "copy.db"
    shutil.copy(folder / "ALFA" / read_config(folder / "ALFA" / "node.toml").store, copy)
    with sqlite3.connect(copy) as db:
        db.execute(
            "UPDATE entry_receipts SET data = CAST(replace(data, '\"at_us\":17', '\"at_us\":16')"
            " AS BLOB)"
        )
    db.close()
    code, out, _ = parley_here(capsys, "log", "time", copy, ALFA, 3)
    assert code == 0, out
    assert "by its receipt" not in out
    assert "by its cosignature" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["log", "prove", "{db}", "parley.example/AB/ALFA/line/2025", "0"], "did you mean"),
        (["log", "prove", "{db}", ALFA, "9999"], "entry is 9999, wanted 0 to"),
        (["log", "time", "{db}", "nowhere", "0"], "log is nowhere"),
        (["log", "silence", "{db}", "--agreement", "AC", "--from", "2026-05-28", "--to",
          "2026-05-28"], "agreement is AC, wanted one of AB"),
        (["log", "silence", "{db}", "--agreement", "AB", "--from", "2026-05-29", "--to",
          "2026-05-28"], "silence window"),
        (["log", "silence", "{db}", "--agreement", "AB", "--from", "noon", "--to",
          "2026-05-28"], "--from is noon"),
        (["log", "silence", "{db}", "--agreement", "AB", "--from", "2026-05-28", "--to",
          "2026-05-28", "--class", "LOUD"], "LOUD"),
        (["log", "silence", "{db}", "--agreement", "AB", "--from", "2026-05-28", "--to",
          "2026-05-28", "--line", "L9"], "line is L9"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_asked_is_one_line_and_exit_2(capsys, day, arguments, words):
    filled = [each.format(db=day[0] / "ALFA") for each in arguments]
    code, out, err = parley_here(capsys, *filled)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert words in err


def test_the_store_of_a_running_node_names_the_way_to_ask_it(capsys, nodes, tmp_path):
    file = nodes["COAL"].file
    window = ["--from", "2020-01-01", "--to", "2099-01-01", "--agreement", "AGR-1"]
    origin = next(log["origin"] for log in nodes["COAL"].get("/api/logs") if log["own"])
    for command in (["time", file, origin, 0], ["silence", file, *window], ["list", file]):
        code, out, err = parley_here(capsys, "log", *command)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "held by another process" in err
        assert "if its node runs, give the address that it printed, or stop it" in err
    # A fixed address stands in the file: it is named.
    copy = tmp_path / "node.toml"
    store = file.parent / read_config(file).store
    text = re.sub(r"^store = .*$", f'store = "{store}"', file.read_text(), flags=re.MULTILINE)
    head, _, tail = text.partition("[http]")
    copy.write_text(head + "[http]" + re.sub("port = 0", "port = 8123", tail, count=1))
    assert "give http://127.0.0.1:8123, or stop it" in parley_here(capsys, "log", "list", copy)[2]
    assert "stop its node" in parley_here(capsys, "log", "fsck", file)[2]


def test_logs_are_listed_from_a_running_node_and_from_a_pack(capsys, nodes, day, tmp_path):
    code, out, err = parley_here(capsys, "log", "list", nodes["COAL"].url)
    assert (code, err) == (0, "")
    own = next(log for log in nodes["COAL"].get("/api/logs") if log["own"])
    assert f"{own['origin']}: " in out
    code, out, err = parley_here(capsys, "log", "fsck", nodes["COAL"].url)
    assert (code, out) == (2, "")
    assert f"STORE is {nodes['COAL'].url}, wanted the store of a node that does not run" in err
    pack = tmp_path / "pack.zip"
    parley_here(capsys, "log", "export", day[0] / "ALFA", "-o", pack)
    packed = lines_of(parley_here(capsys, "log", "list", pack, "--json")[1])
    stored = lines_of(parley_here(capsys, "log", "list", day[0] / "ALFA", "--json")[1])
    assert packed == stored


def test_a_running_node_may_know_more_than_it_exports(capsys, nodes):
    window = ["--from", "2020-01-01", "--to", "2099-01-01", "--agreement", "AGR-1"]
    asked = [
        "log",
        "silence",
        nodes["COAL"].url,
        *window,
        "--party",
        "RUS",
        "--type",
        "area.notice",
    ]
    code, out, err = parley_here(capsys, *asked)
    assert code == 1
    assert out.startswith("undecided: ")
    assert "nobody has cosigned" not in out
    assert "stop it and ask its folder" in err


def test_hammer_prints_what_it_did(capsys, tmp_path):
    code, out, _ = parley_here(capsys, "log", "hammer", "--entries", 200, "--readers", 2)
    assert (code, out.splitlines()[-1]) == (0, "0 faults")
    (tmp_path / "store.db").write_bytes(b"")
    code, out, err = parley_here(capsys, "log", "hammer", "--folder", tmp_path)
    assert (code, out) == (2, "")
    assert "not empty" in err


def test_a_running_node_is_asked_by_its_address(capsys, nodes, tmp_path):
    here = nodes["COAL"].url.removeprefix("http://")
    said = nodes["COAL"].act(**say_body(subject="asked while it runs"))
    assert said.status_code == 201, said.text
    origin, index = said.json()["key"]
    code, out, _ = parley_here(capsys, "log", "time", here, origin, index)
    assert code == 0
    assert f"{origin} entry {index}" in out
    code, out, _ = parley_here(capsys, "log", "prove", here, origin, index)
    assert code == 0
    assert out.startswith("c2sp.org/tlog-proof@v1")
    window = ["--from", "2020-01-01", "--to", "2099-01-01", "--agreement", "AGR-1"]
    pack = tmp_path / "p.zip"
    asked = ["log", "silence", here, *window, "--party", "COAL", "-o", pack]
    code, out, _ = parley_here(capsys, *asked, "--subject", "asked while it runs")
    # Found, once the peer's word that it holds it is here; until then it may be in the window.
    assert (code, out.split(":")[0]) in ((0, "in these logs"), (1, "undecided")), out
    assert f"{origin} entry {index}, claimed" in out
    assert open_evidence(pack.read_bytes()).report.statements[-1].kind == "silence"
