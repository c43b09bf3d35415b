"""The recorded picture: frames of an hour on disk, after crashes, gaps, restarts and full disks."""

from __future__ import annotations

import asyncio
import os
import struct
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.app.config import PictureConfig, read_config
from parley.app.console_past import MAGIC, RecordedHead, packed
from parley.app.picture_files import (
    FORMAT,
    FRAME,
    HOLDS_US,
    Hour,
    PictureFiles,
    hour_name,
    pack_frame,
    record,
    unpack_frame,
)
from parley.app.picture_recorder import (
    FREE_BYTES_LEFT,
    Drawn,
    PictureRecorder,
    PictureWriter,
    picture_folder,
)
from parley.app.track_frames import (
    PART,
    RECORDED,
    ROW,
    NamedTrack,
    decode_frame,
    encode_frame,
)
from parley.world.faults import InputFault

T0_US = 1_497_938_400_000_000  # 2017-06-20T06:00:00Z
SECOND_US = 1_000_000
HOUR_US = 3_600 * SECOND_US


def frame(at_us: int, count: int = 3, first: int = 0) -> bytes:
    rows = np.zeros(count, ROW)
    rows["number"] = np.arange(first, first + count)
    rows["lat_e7"] = 340_000_000 + at_us // SECOND_US % 10_000 - np.arange(count) * 777
    rows["altitude_dm"] = -120
    rows["climb_cmps"] = -250
    rows["speed_dmps"] = 2_100
    return encode_frame(rows, at_us, at_us - 400_000)


def named(count: int, word: str = "RSD") -> list[NamedTrack]:
    return [NamedTrack(number=i, aircraft=f"{word}{i}", party="COAL") for i in range(count)]


def written(folder, seconds, *, config=None, count=3, word="RSD"):
    writer = PictureWriter(folder, config or PictureConfig())
    for second in seconds:
        at_us = T0_US + second * SECOND_US
        writer.write(at_us, frame(at_us, count), named(count, word))
    return writer


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 40), st.data())
def test_a_frame_comes_back_to_the_bit_and_says_that_it_is_recorded(count, data):
    raw = data.draw(st.binary(min_size=count * ROW.itemsize, max_size=count * ROW.itemsize))
    rows = np.frombuffer(raw, ROW).copy()
    was = encode_frame(rows, T0_US, T0_US - 5, flags=PART, left_out=7)
    back = unpack_frame(pack_frame(was))
    now_us, flags, found = decode_frame(back)
    assert now_us == T0_US
    assert flags == PART | RECORDED
    assert found.tobytes() == rows.tobytes()
    assert struct.unpack_from("<I", back, 12)[0] == 7
    assert struct.unpack_from("<q", back, 24)[0] == T0_US - 5


@given(st.binary(max_size=200))
def test_what_is_no_recorded_frame_is_refused(data):
    with pytest.raises(ValueError, match="recorded frame"):
        unpack_frame(data)


def test_a_frame_counts_for_three_seconds_and_a_gap_is_a_gap(tmp_path):
    written(tmp_path, [0, 1, 2, 10, 11])
    files = PictureFiles(tmp_path)
    for second, shown in ((0, 0), (1.5, 1), (2, 2), (4.9, 2), (10, 10), (13.9, 11)):
        found = files.at(T0_US + round(second * SECOND_US))
        assert found is not None
        assert found.at_us == T0_US + shown * SECOND_US, second
    for second in (-1, 5, 9.9, 14, 5_000):
        assert files.at(T0_US + round(second * SECOND_US)) is None, second
    assert files.neighbours(T0_US + 6 * SECOND_US) == (
        T0_US + 2 * SECOND_US, T0_US + 10 * SECOND_US,
    )  # fmt: skip
    assert files.neighbours(T0_US + 60 * SECOND_US)[1] is None
    spans = files.spans(T0_US - HOUR_US, T0_US + HOUR_US)
    assert spans == [
        (T0_US, T0_US + 2 * SECOND_US + HOLDS_US),
        (T0_US + 10 * SECOND_US, T0_US + 11 * SECOND_US + HOLDS_US),
    ]


def test_names_come_with_frames_and_two_runs_of_one_hour_keep_their_own_numbers(tmp_path):
    written(tmp_path, range(3), count=3, word="OLD")
    written(tmp_path, range(10, 12), count=2, word="NEW")
    files = PictureFiles(tmp_path)
    before, after = files.at(T0_US), files.at(T0_US + 10 * SECOND_US)
    assert [each.aircraft for each in before.names] == ["OLD0", "OLD1", "OLD2"]
    assert [each.aircraft for each in after.names] == ["NEW0", "NEW1"]
    # In one answer a number is one aircraft: it ends before the other run.
    together = files.since(T0_US, 60, T0_US + HOUR_US)
    assert [(each.at_us - T0_US) // SECOND_US for each in together] == [0, 1, 2]
    rest = files.since(T0_US + 3 * SECOND_US, 60, T0_US + HOUR_US)
    assert [(each.at_us - T0_US) // SECOND_US for each in rest] == [10, 11]


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 400))
def test_a_torn_end_costs_the_last_frame_alone_and_is_told(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("torn")
    written(folder, range(5))
    path = folder / hour_name(T0_US)
    size = path.stat().st_size
    os.truncate(path, max(size - cut, 0))
    held = Hour(path)
    held.read_on()
    whole = len(held.at_us)
    assert list(held.at_us) == [T0_US + i * SECOND_US for i in range(whole)]
    assert bool(held.torn) == (held.end < max(size - cut, 0))
    writer = written(folder, range(20, 23))
    assert writer.state.torn == int(bool(held.torn))
    again = PictureFiles(folder)
    found = again.since(T0_US, 100, T0_US + HOUR_US)
    seconds = [(each.at_us - T0_US) // SECOND_US for each in found]
    assert seconds == [*range(whole), 20, 21, 22]


def test_a_flipped_bit_ends_a_file_there_and_nothing_behind_it_is_shown(tmp_path):
    written(tmp_path, range(6))
    path = tmp_path / hour_name(T0_US)
    held = Hour(path)
    held.read_on()
    data = bytearray(path.read_bytes())
    data[held.place[3] + 5] ^= 1
    path.write_bytes(bytes(data))
    files = PictureFiles(tmp_path)
    assert files.at(T0_US + 2 * SECOND_US).at_us == T0_US + 2 * SECOND_US
    assert files.at(T0_US + 5 * SECOND_US + 1) is None
    assert files.torn() == 1


@settings(deadline=None, max_examples=80)
@given(st.binary(max_size=300), st.booleans())
def test_no_file_of_anybody_stops_the_reader(tmp_path_factory, data, headed):
    folder = tmp_path_factory.mktemp("any")
    (folder / hour_name(T0_US)).write_bytes((FORMAT if headed else b"") + data)
    files = PictureFiles(folder)
    assert files.at(T0_US) is None
    assert files.spans(T0_US, T0_US + HOUR_US) == []


def test_a_reader_follows_what_is_appended(tmp_path):
    files = PictureFiles(tmp_path / "picture")
    assert files.at(T0_US) is None
    writer = written(tmp_path / "picture", [0])
    assert files.at(T0_US) is not None
    assert files.at(T0_US + 5 * SECOND_US) is None
    at_us = T0_US + 5 * SECOND_US
    writer.write(at_us, frame(at_us, 4), named(4))
    found = files.at(at_us)
    assert [each.aircraft for each in found.names] == ["RSD0", "RSD1", "RSD2", "RSD3"]


def test_hours_go_by_age_and_by_bytes_and_never_the_one_that_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr("parley.app.picture_recorder._SWEEP_EVERY", 3)
    hours = range(0, 48, 12)
    for hour in hours:
        written(tmp_path, [hour * 3600])
    config = PictureConfig(keep_days=1)
    # A clock that has only just come there has cost nothing yet: it may have jumped.
    assert written(tmp_path, [48 * 3600], config=config).state.removed == 0
    writer = written(tmp_path, range(48 * 3600 + 1, 48 * 3600 + 4), config=config)
    assert writer.state.removed == 2
    left = [path.name for path in sorted(tmp_path.iterdir())]
    assert left == [hour_name(T0_US + h * HOUR_US) for h in (24, 36, 48)]
    big = PictureWriter(tmp_path, PictureConfig(keep_mb=1))
    at_us = T0_US + 60 * HOUR_US
    rows = np.zeros(80_000, ROW)
    rows["lat_e7"] = np.random.default_rng(5).integers(-(2**31), 2**31, len(rows))
    rows["lon_e7"] = np.random.default_rng(6).integers(-(2**31), 2**31, len(rows))
    rows["altitude_dm"] = np.random.default_rng(7).integers(-(2**31), 2**31, len(rows))
    rows["number"] = np.random.default_rng(8).integers(0, 2**32, len(rows))
    big.write(at_us, encode_frame(rows, at_us, at_us), [])
    assert big._size > 1_000_000
    big._sweep(at_us)
    assert [path.name for path in tmp_path.iterdir()] == [hour_name(at_us)]


def test_its_files_are_for_their_owner_alone(tmp_path):
    folder = picture_folder(tmp_path / "parley.db")
    written(folder, [0])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / hour_name(T0_US)).stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_written_is_said_once_and_tried_again(tmp_path, capsys):
    blocked = tmp_path / "picture"
    blocked.write_text("a file where the folder should be")
    writer = PictureWriter(blocked, PictureConfig())
    times = iter(range(100))

    def draw() -> Drawn:
        at_us = T0_US + next(times) * SECOND_US
        return Drawn(at_us=at_us, frame=frame(at_us), named=named(3))

    recorder = PictureRecorder(writer, draw)
    for _ in range(3):
        recorder._write(draw())
    assert "not written" in writer.state.fault or writer.state.fault
    assert capsys.readouterr().err.count("not written") == 1
    blocked.unlink()
    recorder._write(draw())
    assert writer.state.fault == ""
    assert len(PictureFiles(blocked).since(T0_US, 10, T0_US + HOUR_US)) == 1


def test_an_instant_is_recorded_once_and_a_slow_disk_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr("parley.app.picture_recorder.EVERY_S", 0.02)
    writer = PictureWriter(tmp_path, PictureConfig())
    instants = iter([0, 0, 0, 1, 1, *[2] * 1000])
    ticks = []

    def draw() -> Drawn | None:
        at_us = T0_US + next(instants) * SECOND_US
        return Drawn(at_us=at_us, frame=frame(at_us), named=named(3))

    async def run() -> None:
        task = asyncio.create_task(PictureRecorder(writer, draw).run())
        for _ in range(15):
            await asyncio.sleep(0.01)
            ticks.append(1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    assert writer.state.frames == 3
    found = PictureFiles(tmp_path).since(T0_US, 10, T0_US + HOUR_US)
    assert [(each.at_us - T0_US) // SECOND_US for each in found] == [0, 1, 2]
    assert len(ticks) == 15


def test_a_clock_set_back_writes_what_is_read_as_far_as_it_goes_forward(tmp_path):
    written(tmp_path, [0, 1, 2, 1, 3])
    found = PictureFiles(tmp_path).since(T0_US, 10, T0_US + HOUR_US)
    assert [(each.at_us - T0_US) // SECOND_US for each in found] == [0, 1, 2, 3]


def test_a_second_that_a_clock_set_back_says_again_is_counted_and_not_said_to_be_recorded(tmp_path):
    writer = written(tmp_path, [0, 1, 2, 1, 3])
    assert (writer.state.frames, writer.state.skipped) == (4, 1)
    # Nor by the node that goes on with the file.
    again = written(tmp_path, [2, 4])
    assert (again.state.frames, again.state.skipped) == (1, 1)
    assert len(PictureFiles(tmp_path).since(T0_US, 10, T0_US + HOUR_US)) == 5


def test_a_clock_that_jumps_ahead_for_a_moment_costs_no_recording(tmp_path):
    written(tmp_path, range(3))
    ahead_s = 400 * 24 * 3600
    writer = written(tmp_path, [ahead_s, ahead_s + 1], config=PictureConfig(keep_days=1))
    assert writer.state.removed == 0
    assert len(PictureFiles(tmp_path).since(T0_US, 10, T0_US + HOUR_US)) == 3


def test_a_disk_that_is_nearly_full_is_left_to_the_log(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "picture"
    writer = written(folder, [0])
    had = (folder / hour_name(T0_US)).stat().st_size
    usage = SimpleNamespace(free=FREE_BYTES_LEFT - 1)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    recorder = PictureRecorder(writer, lambda: None)
    drawn = Drawn(at_us=T0_US + SECOND_US, frame=frame(T0_US + SECOND_US), named=named(3))
    recorder._write(drawn)
    assert "left to the log" in writer.state.fault
    assert str(tmp_path) not in writer.state.fault
    assert (folder / hour_name(T0_US)).stat().st_size == had
    usage.free += 1
    recorder._write(drawn)
    assert writer.state.fault == ""
    assert writer.state.frames == 2
    assert capsys.readouterr().err.count("not written") == 1


def test_what_is_shown_of_a_fault_says_no_place_on_the_disk(tmp_path, capsys):
    blocked = tmp_path / "picture"
    blocked.write_text("a file where the folder should be")
    recorder = PictureRecorder(PictureWriter(blocked, PictureConfig()), lambda: None)
    recorder._write(Drawn(at_us=T0_US, frame=frame(T0_US), named=[]))
    assert recorder.writer.state.fault
    assert str(tmp_path) not in recorder.writer.state.fault
    assert "not written" in capsys.readouterr().err


def test_a_picture_that_cannot_be_drawn_costs_its_second_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("parley.app.picture_recorder.EVERY_S", 0.01)
    writer = PictureWriter(tmp_path, PictureConfig())
    seconds = iter(range(1_000))

    def draw() -> Drawn:
        second = next(seconds)
        if second == 1:
            raise OverflowError("no such height")
        at_us = T0_US + second * SECOND_US
        return Drawn(at_us=at_us, frame=frame(at_us), named=named(3))

    async def run() -> None:
        task = asyncio.create_task(PictureRecorder(writer, draw).run())
        while writer.state.frames < 4:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(asyncio.wait_for(run(), 20))
    found = PictureFiles(tmp_path).since(T0_US, 3, T0_US + HOUR_US)
    assert [(each.at_us - T0_US) // SECOND_US for each in found] == [0, 2, 3]
    assert "no such height" in capsys.readouterr().err


def test_nothing_is_written_through_a_link(tmp_path):
    other = tmp_path / "another file"
    other.write_bytes(FORMAT + b"what somebody keeps")
    folder = tmp_path / "picture"
    folder.mkdir()
    (folder / hour_name(T0_US)).symlink_to(other)
    with pytest.raises(OSError, match="leads elsewhere"):
        written(folder, [0])
    assert other.read_bytes() == FORMAT + b"what somebody keeps"


def test_names_of_aircraft_that_are_not_in_it_are_not_written(tmp_path):
    many = [NamedTrack(number=i, aircraft=f"A-LONG-NAME-{i}", party=None) for i in range(5_000)]
    writer = PictureWriter(tmp_path, PictureConfig())
    writer.write(T0_US, frame(T0_US, 2, first=4_000), many)
    assert (tmp_path / hour_name(T0_US)).stat().st_size < 2_000
    (found,) = PictureFiles(tmp_path).since(T0_US, 1, T0_US)
    assert [each.number for each in found.names] == [4_000, 4_001]


def test_one_answer_has_no_more_bytes_than_it_may(tmp_path, monkeypatch):
    written(tmp_path, range(6))
    one = len(frame(T0_US))
    monkeypatch.setattr("parley.app.picture_files.BYTES_AT_ONCE_MAX", 2 * one + 1)
    files = PictureFiles(tmp_path)
    assert len(files.since(T0_US, 300, T0_US + HOUR_US)) == 2
    monkeypatch.setattr("parley.app.picture_files.BYTES_AT_ONCE_MAX", 1)
    assert len(files.since(T0_US, 300, T0_US + HOUR_US)) == 1


def test_a_damaged_frame_is_counted_and_the_others_are_shown(tmp_path):
    writer = written(tmp_path, [0])
    at_us = T0_US + SECOND_US
    writer._append(record(FRAME, at_us, b"whole by its sum, and no frame"))
    written(tmp_path, [2])
    files = PictureFiles(tmp_path)
    assert files.at(at_us) is None
    found = files.since(T0_US, 10, T0_US + HOUR_US)
    assert [(each.at_us - T0_US) // SECOND_US for each in found] == [0, 2]
    assert files.torn() == 1


def test_hours_that_did_not_grow_are_not_read_again_for_their_spans(tmp_path, monkeypatch):
    for hour in range(4):
        written(tmp_path, [hour * 3_600])
    monkeypatch.setattr("parley.app.picture_files.FILES_READ_MAX", 1)
    files = PictureFiles(tmp_path)
    first = files.spans(T0_US, T0_US + 5 * HOUR_US)
    assert len(first) == 4
    monkeypatch.setattr(files, "hour", lambda name: pytest.fail(f"{name} is read again"))
    assert files.spans(T0_US, T0_US + 5 * HOUR_US) == first


def test_an_hour_that_is_gone_has_nothing(tmp_path):
    written(tmp_path, range(3))
    files = PictureFiles(tmp_path)
    held = files.hour(hour_name(T0_US))
    assert len(held.at_us) == 3
    held.path.unlink()
    assert files._one(held, 0) is None
    held.read_on()
    assert len(held.at_us) == 0
    assert files.since(T0_US, 10, T0_US + HOUR_US) == []
    assert files.torn() == 0


def test_frames_go_out_behind_a_head_that_lets_each_be_found(tmp_path):
    written(tmp_path, range(4))
    found = PictureFiles(tmp_path).since(T0_US, 2, T0_US + HOUR_US)
    data = packed(T0_US, found, None, None)
    magic, size = struct.unpack_from("<4sI", data)
    assert magic == MAGIC
    assert size % 8 == 0
    head = msgspec.json.decode(data[8 : 8 + size], type=RecordedHead)
    at = 8 + size
    for told, was in zip(head.frames, found, strict=True):
        assert data[at : at + told.size] == was.frame
        at += told.size
    assert at == len(data)
    assert [each.aircraft for each in head.names] == ["RSD0", "RSD1", "RSD2"]


def test_the_nodes_file_says_how_much_is_kept_and_refuses_nonsense(tmp_path):
    file = tmp_path / "node.toml"
    file.write_text('party = "COAL"\n[picture]\nkeep_days = 2\nkeep_mb = 500\n')
    kept = read_config(file).picture
    assert (kept.record, kept.keep_days, kept.keep_mb) == (True, 2, 500)
    for wrong in ("keep_days = 0", "keep_mb = 0", "keep = 3"):
        file.write_text(f'party = "COAL"\n[picture]\n{wrong}\n')
        with pytest.raises(InputFault):
            read_config(file)
