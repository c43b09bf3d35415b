"""Two real nodes, each with its store, that have no socket between them: only files."""

from __future__ import annotations

import asyncio
import base64
import re
import shutil

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bundlekit import make_three, meet, offline
from app.test_connections import idle, started, until
from app.twonodes import AGREEMENT, T0_US, make_pair
from parley.app.bundle_api import Bundles
from parley.app.bundle_frames import part_of, read_bundle
from parley.app.bundle_memory import META
from parley.app.config import load_node
from parley.app.evidence import make_pack, own_store
from parley.app.upkeep import rotate_log_key
from parley.app.views import line_vectors, status_view
from parley.node.frames import Ahead, Hello, Prove, Push, Receipt, Received, hello_message
from parley.node.inputs import DistrustKey, FrameIn, GiveConsent, LinkOpened, Say
from parley.node.links import Bucket
from parley.node.snapshots import digest
from parley.review.verify import open_evidence
from parley.trust.seal import payload_of
from parley.wire.bundle import (
    Range,
    bundle_nonce,
    encode_bundle,
    end_bundle,
)
from parley.world.agreement import RULES_OF_NEW
from parley.world.faults import InputFault, PeerFault

FIELDS = {"zone": "Z1", "activity": "hot"}
ZONE = {"message_type": "zone.state", "fields": FIELDS, "text": ""}
DISTRESS = {
    "message_type": "distress.relay",
    "fields": {"position": "35.0 39.0", "time": "06:00"},
    "text": "two on a raft",
}


@pytest.fixture
def files(tmp_path):
    return make_pair(tmp_path)


def pushes(data):
    return [each for each in read_bundle(data).frames if isinstance(each, Push)]


def same(one, other):
    return digest(one.state.scope("AGR-1")) == digest(other.state.scope("AGR-1"))


def signed(body, node, peer, *, box="", nonce=None):
    """Return a bundle that a node's own link key signs, whatever is in it."""
    message = hello_message(node.party, peer, nonce or bundle_nonce(body), box)
    signature = node.state.identity.keys.link.sign(message).hex()
    return end_bundle(body, Prove(signature=signature, box=box))


def changed(data, node, peer, *, frames=None, **header):
    """Return a bundle with another header or other parts, signed anew by its maker."""
    found = read_bundle(data)
    parts = [part_of(each) for each in (found.frames if frames is None else frames)]
    body = encode_bundle(msgspec.structs.replace(found.header, **header), parts)
    return signed(body, node, peer)


# ---- the whole way ------------------------------------------------------------------------------


async def conversation(coal, rus, carry):
    """Let COAL say three things and RUS answer them; `carry` brings what is new to a node."""
    keys = [await coal.say(**ZONE), await coal.say(**DISTRESS), await coal.say(text="and a word")]
    await carry(coal, rus)
    for key in keys:
        await rus.display(key)
        view = rus.view(key)
        await rus.answer(key, "ROGER", **{name: view.fields[name] for name in view.read_back})
    await carry(rus, coal)
    # What the sender's machine found on comparing, and the receipts for that.
    await carry(coal, rus)
    await carry(rus, coal)
    return keys


async def by_file(sender, taker):
    taken = await taker.take(sender.bundles.make(taker.party))
    assert taken.complete, taken


def receipts_of(node, keys):
    """Return what `parley verify` finds of the receipts for these entries, and who cosigned."""
    own_store(node.store, node.party)
    identity = node.state.identity
    keys_of = [identity.keys.log.verifier.vkey, identity.keys.mirror.verifier.vkey]
    for peer in identity.peers.values():
        keys_of += [peer.log.vkey, peer.mirror.vkey, peer.link.vkey]
    evidence = open_evidence(make_pack(node.store), keys_of)
    places = {key: number for number, key in enumerate(keys)}
    found = {
        (places[r.origin, r.index], r.party)
        for r in evidence.receipts if (r.origin, r.index) in places
    }  # fmt: skip
    cosigned = {
        (places[key], each.party) for key in keys for each in evidence.cosigned
        if each.origin == key[0] and each.size > key[1]
    }  # fmt: skip
    return evidence.report.verdict, found, cosigned


@pytest.mark.row("R17")
def test_a_message_gets_every_level_by_file_as_over_a_socket(files):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            keys = await conversation(coal, rus, by_file)
            for key in keys:
                (step,) = coal.view(key).ladder
                assert step.stored == "yes"
                assert step.received_us == step.displayed_us == T0_US
                assert step.cosigned_us is not None
                assert step.answer.answer == "ROGER"
                # The sender's comparison came to the other with its next bundle, as over a link.
                assert [s.read_back for s in rus.view(key).ladder] == [step.read_back]
            assert coal.view(keys[0]).ladder[0].read_back == "matched"
            assert same(coal, rus)
            return receipts_of(coal, keys), receipts_of(rus, [])

    by_files, other = asyncio.run(run())
    assert (by_files[0], other[0]) == ("record intact", "record intact")
    assert by_files[1] == {(0, "RUS"), (1, "RUS"), (2, "RUS")}
    assert by_files[2] == by_files[1]


@pytest.mark.row("R17")
def test_the_export_has_the_same_receipts_as_over_a_socket(tmp_path):
    async def linked():
        files = make_pair(tmp_path / "linked")
        async with started(files, "COAL", "RUS") as (coal, rus):
            await until(lambda: idle(coal, rus))

            async def carry(sender, taker):
                await until(lambda: idle(sender, taker) and same_logs(sender, taker))

            for node in (coal, rus):
                _lend(node)
            keys = await conversation(coal, rus, carry)
            await until(lambda: len(receipts_of(coal, keys)[1]) == len(keys))
            return receipts_of(coal, keys)

    async def filed():
        files = make_pair(tmp_path / "filed")
        async with offline(files, "COAL", "RUS") as (coal, rus):
            keys = await conversation(coal, rus, by_file)
            return receipts_of(coal, keys)

    for name in ("linked", "filed"):
        (tmp_path / name).mkdir()
    assert asyncio.run(linked()) == asyncio.run(filed())


def _lend(node):
    """Give a linked node of the connections' tests the words of ours."""
    from app.bundlekit import Offline

    node.party, node.state = node.setup.config.party, node.service.state
    for name in ("act", "say", "display", "answer", "view"):
        setattr(node, name, getattr(Offline, name).__get__(node))


def same_logs(one, other):
    sizes = [
        {log.name.origin: log.tree.size for log in n.state.logs() if log.name.kind == "line"}
        for n in (one, other)
    ]
    return sizes[0] == sizes[1]


@pytest.mark.row("R17", "S1")
def test_a_line_served_by_file_is_down_and_its_messages_move(files):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            await by_file(coal, rus)
            await conversation(coal, rus, by_file)
            for node, other in ((coal, "RUS"), (rus, "COAL")):
                now_us = node.clock()
                (vector,) = line_vectors(node.state, now_us)
                side = next(each for each in vector.sides if each.party == other)
                assert vector.glance == "DOWN"
                assert (side.link, side.heard_us) == ("unknown", None)
                status = status_view(node.service, now_us, version="0")
                assert status.by_file_us == {other: T0_US}
                assert other not in node.state.links.heard_us
                assert not node.state.links.sessions

    asyncio.run(run())


@pytest.mark.row("R17")
def test_a_node_remembers_by_file_after_a_restart(files):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            key = await coal.say(**ZONE)
            await by_file(coal, rus)
        async with offline(files, "COAL", "RUS", met=False) as (coal, rus):
            assert rus.service.by_file == {"COAL": T0_US}
            await by_file(rus, coal)
            assert coal.view(key).ladder[0].received_us == T0_US
            found = read_bundle(coal.bundles.make("RUS"))
            # Both ends know the other's seal key, and what the other holds: nothing goes twice.
            assert found.header.seal == ""
            assert not any(each.origin == key[0] and each.first <= key[1] for each in found.frames
                           if isinstance(each, Push))  # fmt: skip

    asyncio.run(run())


@pytest.mark.row("R17")
def test_before_the_first_greeting_no_payload_can_go(files):
    async def run():
        async with offline(files, "COAL", "RUS", met=False) as (coal, rus):
            key = await coal.say(text="a raft west of the pier")
            first = coal.bundles.make("RUS")
            assert read_bundle(first).header.left > 0
            assert b"west of the pier" not in first
            taken = await rus.take(first)
            assert (taken.complete, taken.left > 0) == (True, True)
            assert rus.held(key[0]) == 0
            # RUS knows the seal key of COAL now, and gives its own.
            await by_file(rus, coal)
            await by_file(coal, rus)
            assert rus.view(key).text == "a raft west of the pier"

    asyncio.run(run())


# ---- lost, doubled, out of order, cut -----------------------------------------------------------


@pytest.mark.row("R17")
def test_a_lost_bundle_loses_nothing(files):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            first = await coal.say(**ZONE)
            lost = coal.bundles.make("RUS")
            second = await coal.say(text="after it")
            await by_file(coal, rus)
            assert rus.held(first[0]) == second[1] + 1
            lost_answer = rus.bundles.make("COAL")
            await by_file(rus, coal)
            assert coal.view(first).ladder[0].received_us == T0_US
            # Found behind the radiator a week later: no harm.
            rus.later(7 * 86_400)
            taken = await rus.take(lost)
            assert (taken.complete, sum(log.taken for log in taken.logs)) == (True, 0)
            assert rus.held(first[0]) == second[1] + 1
            assert (await coal.take(lost_answer)).complete

    asyncio.run(run())


@pytest.mark.row("R17")
def test_taking_one_twice_changes_nothing(files):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            await coal.say(**ZONE)
            data = coal.bundles.make("RUS")
            assert not (await rus.take(data)).again
            before = digest(rus.state.scope("AGR-1")), make_pack(rus.store)
            taken = await rus.take(data)
            assert (taken.again, taken.complete) == (True, True)
            assert all(log.taken == 0 for log in taken.logs)
            assert (digest(rus.state.scope("AGR-1")), make_pack(rus.store)) == before
            answer = rus.bundles.make("COAL")
            await coal.take(answer)
            before = make_pack(coal.store)
            await coal.take(answer)
            assert make_pack(coal.store) == before
            assert (coal.state.links.faults, rus.state.links.faults) == ({}, {})

    asyncio.run(run())


@pytest.mark.row("R17")
def test_out_of_order_says_which_one_is_missing(files):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            await by_file(rus, coal)
            one = await coal.say(text="one")
            first = coal.bundles.make("RUS")
            two = await coal.say(text="two")
            second = coal.bundles.make("RUS", goes_on=True)
            assert [(p.first, len(p.entries)) for p in pushes(second) if "/line/" in p.origin] == [
                (two[1], 1)
            ]
            taken = await rus.take(second)
            number = read_bundle(first).header.name.number
            assert not taken.complete
            assert re.search(rf"/line/2017: entries \d to {one[1]} are missing", taken.notes[0])
            assert f"bundle {number} of COAL, made 2017-06-20T06:00:00Z" in taken.notes[0]
            assert rus.held(one[0]) <= one[1]
            assert (await rus.take(first)).complete
            taken = await rus.take(second)
            assert (taken.complete, rus.held(one[0])) == (True, two[1] + 1)
            # Or by its answer alone: the next begins where it stands.
            three = await coal.say(text="three")
            coal.bundles.make("RUS", goes_on=True)
            await by_file(rus, coal)
            await by_file(coal, rus)
            assert rus.held(one[0]) == three[1] + 1

    asyncio.run(run())


@pytest.mark.row("R17", "R14")
def test_cut_to_size_goes_on_and_keeps_to_it(files):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            await by_file(rus, coal)
            for number in range(30):
                coal.later(1)
                await coal.say(text=f"{number} " + "word " * 60)
            urgent = await coal.say(**DISTRESS)
            rus.clock.advance(coal.clock())
            with pytest.raises(InputFault, match="at least, for the next entry"):
                coal.bundles.make("RUS", most_bytes=4_000)
            sizes, goes_on = [], False
            for number in range(12):
                data = coal.bundles.make("RUS", most_bytes=12_000, goes_on=goes_on)
                sizes.append(len(data))
                assert len(data) <= 12_000
                taken = await rus.take(data)
                assert taken.complete, taken
                if number == 0:
                    # What cannot wait is there with the first file, and can be answered.
                    assert taken.ahead == 1
                    assert rus.view(urgent).text == DISTRESS["text"]
                    assert rus.held(urgent[0]) < urgent[1]
                    await rus.answer(urgent, "ROGER", **DISTRESS["fields"])
                    await by_file(rus, coal)
                    assert coal.view(urgent).ladder[0].answer.answer == "ROGER"
                    assert coal.view(urgent).ladder[0].received_us == rus.clock()
                goes_on = True
                if not taken.left:
                    break
            assert (len(sizes) > 2, taken.left) == (True, 0)
            await by_file(rus, coal)
            await by_file(coal, rus)
            assert same(coal, rus)

    asyncio.run(run())


@pytest.mark.row("R17")
def test_lines_go_before_operations_when_it_is_cut(files):
    async def run():
        async with offline(files, "COAL", "RUS", met=False) as (coal, rus):
            await rus.take(coal.bundles.make("RUS"))
            await by_file(rus, coal)
            await coal.say(text="a word")
            kinds = set()
            for most_bytes in range(20_000, 5_000, -250):
                try:
                    data = coal.bundles.make("RUS", most_bytes=most_bytes)
                except InputFault:
                    break
                kinds.add(tuple(sorted({p.origin.split("/")[3] for p in pushes(data)})))
            assert kinds == {("line", "ops"), ("line",)}

    asyncio.run(run())


@pytest.mark.row("R17")
def test_a_batch_under_one_head_is_cut_and_counts_once_it_is_whole(files):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            await by_file(rus, coal)
            # One batch of ten: they wait in the queue together, and get one signed head.
            long = "word " * 60 + "end"
            await asyncio.gather(*(coal.say(text=long) for _ in range(10)))
            origin = coal.log().name.origin
            before = rus.held(origin)
            taken = await rus.take(coal.bundles.make("RUS", most_bytes=9_000))
            (log,) = (each for each in taken.logs if each.origin == origin)
            assert 0 < log.waits < 10
            assert rus.held(origin) == before + log.taken - log.waits
            assert (await rus.take(coal.bundles.make("RUS"))).complete
            assert rus.held(origin) == coal.held(origin)
            assert rus.view((origin, coal.held(origin) - 1)).text == long

    asyncio.run(run())


@pytest.mark.row("R17")
def test_more_than_the_quota_waits_and_the_same_file_brings_the_rest(files):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            key = await coal.say(text="a word")
            data = coal.bundles.make("RUS")
            rus.state.links.buckets[("COAL", "line")] = Bucket(
                entries_thousandths=0, size_bytes=0, at_us=rus.clock()
            )
            taken = await rus.take(data)
            assert (taken.complete, taken.wait_s, taken.fault) == (False, 5, None)
            assert "take the same file again in 5 s" in " ".join(taken.notes)
            rus.later(60)
            assert (await rus.take(data)).complete
            assert rus.view(key).text == "a word"

    asyncio.run(run())


@pytest.mark.row("R17")
def test_while_the_link_is_up_a_bundle_does_no_harm(files):
    async def run():
        async with started(files, "COAL", "RUS") as (coal, rus):
            await until(lambda: idle(coal, rus))
            for node in (coal, rus):
                _lend(node)
                node.bundles = Bundles(node.service, node.store)
            await coal.say(**ZONE)
            await until(lambda: idle(coal, rus) and same_logs(coal, rus))
            # The seal keys came over the link: no greeting by file is needed.
            key = await coal.say(text="both ways at once")
            data = coal.bundles.make("RUS")
            await until(lambda: idle(coal, rus) and same_logs(coal, rus))
            taken = await rus.bundles.take(data)
            assert (taken.complete, sum(log.taken for log in taken.logs)) == (True, 0)
            assert (await coal.bundles.take(rus.bundles.make("COAL"))).complete
            await until(lambda: idle(coal, rus) and same_logs(coal, rus))
            assert coal.view(key).ladder[0].received_us == T0_US
            assert [coal.service.state.links.faults, rus.service.state.links.faults] == [{}, {}]
            assert {len(n.service.state.links.sessions) for n in (coal, rus)} == {1}
            assert rus.links.counts()["COAL"].proven

    asyncio.run(run())


# ---- a rival ------------------------------------------------------------------------------------


@pytest.mark.row("R17")
def test_what_is_not_for_this_node_is_refused_in_one_line(tmp_path):
    async def run():
        async with offline(make_three(tmp_path), "ALFA", "BRAVO", met=False) as (alfa, bravo):
            data = alfa.bundles.make("BRAVO")
            for wrong, match in (
                (
                    alfa.bundles.make("CHARLIE"),
                    "bundle for is 'CHARLIE', wanted BRAVO; carry it to",
                ),
                (changed(data, alfa, "BRAVO", party="DELTA"), "bundle of is 'DELTA'"),
                (changed(data, alfa, "BRAVO", party="BRAVO"), "bundle of is 'BRAVO'"),
                (changed(data, alfa, "BRAVO", seal=""), "seal key is 'left out'"),
                (data[:-1], "cut off"),
            ):
                with pytest.raises(PeerFault) as found:
                    await bravo.take(wrong)
                said = str(found.value).replace("'", "")
                assert match.replace("'", "") in said
                assert "\n" not in said
            assert bravo.state.links.sessions == {}
            assert bravo.store.meta(META) is None
            with pytest.raises(InputFault, match="did you mean 'BRAVO'"):
                alfa.bundles.make("BRAWO")

    asyncio.run(run())


@pytest.mark.row("R17")
def test_a_wrong_signature_gives_nothing(files):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            await coal.say(**ZONE)
            data = coal.bundles.make("RUS")
            found = read_bundle(data)
            body = encode_bundle(found.header, [part_of(each) for each in found.frames])
            held = rus.held(coal.log().name.origin)
            for forged in (
                # Another's key; a byte changed and all sums made right; another bundle's proof.
                end_bundle(body, read_bundle(signed(body, rus, "RUS")).prove),
                end_bundle(
                    encode_bundle(msgspec.structs.replace(found.header, left=7), []), found.prove
                ),
                signed(body, coal, "RUS", nonce=found.header.name.id),
                end_bundle(body, msgspec.structs.replace(found.prove, signature="zz")),
                # The box of another: the proof is over it too.
                end_bundle(body, msgspec.structs.replace(found.prove, box="QUJD")),
            ):
                with pytest.raises(PeerFault, match="not proven to be of COAL") as fault:
                    await rus.take(forged)
                assert "ask COAL by voice" in str(fault.value)
            assert rus.held(coal.log().name.origin) == held
            # Nobody is blamed for what a stranger forged in its name.
            assert set(rus.state.links.faults) == {"unknown"}
            assert (await rus.take(data)).complete

    asyncio.run(run())


@pytest.mark.row("R17")
def test_a_link_signs_no_bundle_for_whoever_calls(files):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            body = encode_bundle(read_bundle(coal.bundles.make("RUS")).header, [])
            opened = LinkOpened(connection=5, nonce="0" * 64, secret="00" * 32)
            await coal.service.link(opened)
            hello = Hello(
                party="RUS",
                peer="COAL",
                nonce=bundle_nonce(body),
                seal=base64.b64encode(rus.state.identity.keys.seal.public).decode(),
            )
            await coal.service.link(FrameIn(connection=5, frame=hello))
            # Else a stranger could have COAL sign a bundle that it made up.
            assert 5 not in coal.state.links.sessions
            assert coal.state.links.faults == {"unknown": 1}

    asyncio.run(run())


@pytest.mark.row("R17")
def test_a_key_that_counts_no_more_makes_no_bundle(files):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            link = coal.state.identity.keys.link.verifier.vkey
            await rus.act(DistrustKey(agreement="AGR-1", post="duty-officer", party="COAL",
                                      key=link, reason="stolen"))  # fmt: skip
            with pytest.raises(PeerFault, match="distrusted by duty-officer: stolen"):
                await rus.take(coal.bundles.make("RUS"))

    asyncio.run(run())


@pytest.mark.row("R17")
def test_a_clock_that_is_days_ahead_is_refused_and_a_wrong_zone_is_told(files):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            coal.later(3 * 3600)
            key = await coal.say(text="three hours ahead")
            taken = await rus.take(coal.bundles.make("RUS"))
            assert (taken.complete, taken.ahead_s, rus.view(key).text) == (
                True, 3 * 3600, "three hours ahead"
            )  # fmt: skip
            coal.later(2 * 86_400)
            with pytest.raises(PeerFault, match="compare both clocks by voice"):
                await rus.take(coal.bundles.make("RUS"))

    asyncio.run(run())


@pytest.mark.row("R17")
def test_what_a_peer_may_not_say_is_its_fault_by_file_too(files):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            await by_file(rus, coal)
            await coal.say(**ZONE)
            data = coal.bundles.make("RUS")
            (push,) = (p for p in pushes(data) if "/line/" in p.origin)
            mine = rus.log().name.origin
            heads = rus.store.checkpoint_sizes(mine)
            for part, match in (
                (msgspec.structs.replace(push, origin=mine, first=rus.held(mine)), "a log written"),
                (msgspec.structs.replace(push, entries=(b"{}",), box=b""), "one that goes on"),
                (msgspec.structs.replace(push, counter=99), "a session key"),
                (msgspec.structs.replace(push, origin="no origin", first=0), "log"),
                (Receipt(origin=mine, size=heads[0], line="— x AAAA\n"), "signature"),
                (
                    Received(
                        origin=mine,
                        index=0,
                        leaf=rus.log().tree.leaf(0).hex(),
                        at_us=1,
                        signature="00" * 64,
                    ),
                    "signature",
                ),
            ):
                forged = changed(data, coal, "RUS", frames=(part,))
                held, before = rus.held(push.origin), rus.state.links.faults.get("COAL", 0)
                # The box of the session key does not fit the new bytes: it is left out.
                taken = await rus.take(forged)
                assert match in (taken.fault or "")
                assert (taken.complete, rus.held(push.origin)) == (False, held)
                assert rus.state.links.faults["COAL"] == before + 1
            assert (await rus.take(data)).complete

    asyncio.run(run())


@pytest.mark.row("R17")
def test_an_old_bundle_played_again_takes_back_nothing(files):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            old = rus.bundles.make("COAL")
            key = await coal.say(**ZONE)
            await by_file(coal, rus)
            rus.later(5)
            coal.later(5)
            await by_file(rus, coal)
            known = coal.bundles._memory.of("RUS")
            assert known.holds[key[0]] == key[1] + 1
            taken = await coal.take(old)
            assert taken.complete
            after = coal.bundles._memory.of("RUS")
            assert (after.holds, after.taken, after.receipted) == (
                known.holds, known.taken, known.receipted
            )  # fmt: skip
            # Acknowledged five seconds later: it was there within a second of its coming.
            assert coal.view(key).ladder[0].received_us == T0_US + 1_000_000

    asyncio.run(run())


@pytest.mark.row("R17")
def test_another_history_by_file_is_kept_as_evidence(files, tmp_path):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            await by_file(coal, rus)
            await coal.stop()
            shutil.copytree(files["COAL"].parent, tmp_path / "copy")
        (tmp_path / "copy2").mkdir()
        copy = {"COAL": tmp_path / "copy" / "node.toml", "RUS": files["RUS"]}
        async with offline({**files, "COAL": files["COAL"]}, "COAL", "RUS", met=False) as (c, r):
            key = await c.say(text="one thing")
            await by_file(c, r)
        async with offline(copy, "COAL", "RUS", met=False) as (coal, rus):
            assert await coal.say(text="another thing") == key
            taken = await rus.take(coal.bundles.make("RUS"))
            assert "two histories" in taken.fault
            assert rus.view(key).text == "one thing"
            assert [each.origin for each in rus.store.refused()] == [key[0]]
            assert not rus.state.scope("AGR-1").acts_of("fork.evidence", "RUS")
            # Once it goes on beyond what is held, everybody is told, by the code of the links.
            for _ in range(3):
                await coal.say(text="and on")
            taken = await rus.take(coal.bundles.make("RUS"))
            assert "one that goes on from root" in taken.fault
            assert rus.state.scope("AGR-1").acts_of("fork.evidence", "RUS")

    asyncio.run(run())


@pytest.mark.row("R17")
def test_a_node_that_lost_its_disk_is_told_so_and_blames_nobody(files, tmp_path):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            await coal.stop()
            shutil.copy(coal.setup.store, tmp_path / "old")
        async with offline(files, "COAL", "RUS", met=False) as (coal, rus):
            for _ in range(5):
                await coal.say(text="will be lost")
            await by_file(coal, rus)
            await rus.say(text="an answer")
            back = rus.bundles.make("COAL")
        shutil.copy(tmp_path / "old", coal.setup.store)
        for part in ("-wal", "-shm"):
            coal.setup.store.with_name(coal.setup.store.name + part).unlink(missing_ok=True)
        async with offline(files, "COAL", met=False) as (coal,):
            taken = await coal.take(back)
            assert (taken.complete, taken.fault) == (False, None)
            assert "this node has lost some" in " ".join(taken.notes)
            assert coal.state.links.faults == {}

    asyncio.run(run())


@pytest.mark.row("R17")
def test_a_new_log_key_is_followed_by_file(files):
    async def run():
        async with offline(files, "COAL", "RUS") as (coal, rus):
            await coal.say(text="under the old key")
        rotate_log_key(load_node(files["COAL"]), now_us=T0_US)
        async with offline(files, "COAL", "RUS", met=False) as (coal, rus):
            key = await coal.say(text="under the new key")
            await by_file(coal, rus)
            assert rus.view(key).text == "under the new key"
            await by_file(rus, coal)
            assert coal.view(key).ladder[0].cosigned_us is not None

    asyncio.run(run())


WORDS = st.sampled_from(
    ["parley.example/AGR-1/COAL/line/2017", "parley.example/AGR-1/RUS/line/2017",
     "parley.example/AGR-1/COAL/ops/2017", "parley.example/AGR-9/COAL/line/2017", "AGR-1", ""]
) | st.text(max_size=8)  # fmt: skip
NUMBERS = st.integers(0, 9) | st.integers(0, 2**53)
RIVAL_HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "agreements": st.dictionaries(WORDS, WORDS, max_size=3),
        "holds": st.dictionaries(WORDS, NUMBERS, max_size=3),
        "receipted": st.dictionaries(
            WORDS, st.builds(Range, cosigned=NUMBERS, entries=NUMBERS), max_size=3
        ),
        "left": NUMBERS,
        "seal_known": WORDS,
        "seal": WORDS,
    },
)
RIVAL_PARTS = st.one_of(
    st.builds(
        Push,
        origin=WORDS,
        first=NUMBERS,
        checkpoint=WORDS,
        proof=st.lists(WORDS, max_size=2).map(tuple),
        counter=NUMBERS,
        entries=st.lists(st.binary(min_size=1, max_size=9), min_size=1, max_size=3).map(tuple),
        box=st.binary(max_size=9),
    ),
    st.builds(
        Ahead,
        origin=WORDS,
        index=NUMBERS,
        checkpoint=WORDS,
        proof=st.lists(st.binary(min_size=32, max_size=32), max_size=2).map(tuple),
        entry=st.binary(min_size=1, max_size=9),
        box=st.binary(max_size=9),
    ),
    st.builds(Receipt, origin=WORDS, size=NUMBERS, line=WORDS),
    st.builds(Received, origin=WORDS, index=NUMBERS, leaf=WORDS, at_us=NUMBERS, signature=WORDS),
)


@pytest.mark.row("R17")
def test_whatever_a_peer_signs_is_its_fault_and_never_ours(files):
    async def run(rus, coal, header, frames):
        whole = rus.bundles.make("COAL")
        found = read_bundle(whole)
        known = {"seal": found.header.seal, **header}
        try:
            taken = await coal.take(changed(whole, rus, "COAL", frames=frames, **known))
        except PeerFault:
            return
        assert isinstance(taken.complete, bool)
        # What it said of itself does not break what is made for it either.
        try:
            read_bundle(coal.bundles.make("RUS"))
        except InputFault:
            return

    with asyncio.Runner() as runner:
        context = offline(files, "COAL", "RUS")
        coal, rus = runner.run(context.__aenter__())

        @settings(max_examples=150, deadline=None)
        @given(RIVAL_HEADERS, st.lists(RIVAL_PARTS, max_size=3))
        def play(header, frames):
            runner.run(run(rus, coal, header, frames))

        play()
        before = coal.held(coal.log().name.origin)
        runner.run(coal.say(text="still here"))
        assert coal.held(coal.log().name.origin) > before
        runner.run(context.__aexit__(None, None, None))


# ---- who can read it ----------------------------------------------------------------------------


@pytest.mark.row("R17")
def test_a_guarded_notice_goes_only_to_its_addressee(tmp_path):
    async def run():
        files = make_three(tmp_path)
        async with offline(files, "ALFA", "BRAVO", "CHARLIE", met=False) as nodes:
            alfa, bravo, charlie = nodes
            for other in (bravo, charlie):
                await meet(alfa, other)
            consent = GiveConsent(agreement="ABC", post="desk", addressee="BRAVO")
            await alfa.act(consent)
            fields = {"place": "the old mill", "window": "until noon"}
            turned = await alfa.act(
                Say(
                    agreement="ABC",
                    line="L3",
                    post="desk",
                    to=("BRAVO",),
                    message_type="humanitarian.notice",
                    text="a clinic in the old mill",
                    fields=fields,
                    valid_until_us=T0_US + 10**10,
                )
            )
            said = next(e for e in turned.written if e.type == "message.said")
            key = (said.log.origin, said.seq)
            for_bravo, for_charlie = (alfa.bundles.make(n.party) for n in (bravo, charlie))
            for data in (for_bravo, for_charlie):
                assert b"old mill" not in data
                assert b"/private/" not in data
            with pytest.raises(PeerFault, match="carry it to BRAVO"):
                await charlie.take(for_bravo)
            assert (await bravo.take(for_bravo)).complete
            assert (await charlie.take(for_charlie)).complete
            opening = bravo.store.openings(key[0], key[1], key[1] + 1)[key[1]]
            assert b"old mill" in payload_of(opening)
            assert charlie.held(key[0]) == bravo.held(key[0]) == key[1] + 1
            assert charlie.store.openings(key[0], key[1], key[1] + 1) == {}
            # The key of the file is sealed to BRAVO: CHARLIE's opens it no more than anybody's.
            box = base64.b64decode(read_bundle(for_bravo).prove.box)
            with pytest.raises(PeerFault, match="sealed box"):
                charlie.state.identity.keys.seal.unseal(box, b"any")

    asyncio.run(run())


def test_the_agreement_of_these_tests_is_of_the_newest_rules():
    assert AGREEMENT.rules_version == RULES_OF_NEW
    assert Ahead.__struct_config__.tag == "ahead"
