"""A lively world of two nodes on the wall clock, for the console: traffic, zones, words said.

`python tests/app/consoleworld.py` keeps one running for whoever works on the console: it prints the
addresses and flies until Ctrl-C.
"""

from __future__ import annotations

import contextlib
import math
import sys
import tempfile
import threading
import time
from pathlib import Path

if __name__ == "__main__":
    TOP = Path(__file__).resolve().parents[2]
    sys.path[:0] = [str(TOP / "src"), str(TOP / "tests"), str(TOP)]

import msgspec

from app.twonodes import AGREEMENT, WEB, Running, make_pair, running
from parley.world.agreement import Agreement
from parley.world.boundary import Boundary
from parley.world.geo import Position
from parley.world.place import Place
from parley.world.shape import Circle, Polygon
from parley.world.volume import VerticalLimit
from parley.world.zone import Exclusion, Zone

FT_M = 0.3048


def place(lat_deg: float, lon_deg: float) -> Position:
    return Position(lat_deg=lat_deg, lon_deg=lon_deg)


def lively_agreement() -> Agreement:
    """Return two parties' agreement with agreed zones, a river with a band, and places."""
    south = Zone(
        id="Z2",
        name="South strip",
        kind="zone",
        shape=Polygon(
            exterior=(place(34.2, 38.6), place(34.2, 39.3), place(34.5, 39.3), place(34.55, 38.7))
        ),
        lower=VerticalLimit(value_m=None, reference="SFC"),
        upper=VerticalLimit(value_m=20_000 * FT_M, reference="STD"),
        owner="COAL",
        agreement="AGR-1",
        agreed_by=("COAL", "RUS"),
        exclusions=(
            Exclusion(name="The town", shape=Circle(centre=place(34.38, 38.95), radius_m=6_000.0)),
        ),
        uncertainty_m=1_000.0,
    )
    river = Boundary(
        id="B1",
        name="The river",
        vertices=(place(36.0, 38.0), place(35.2, 38.6), place(35.0, 39.4), place(34.0, 40.0)),
        left="north bank",
        right="south bank",
        uncertainty_m=5_000.0,
        agreed_by=("COAL", "RUS"),
    )
    return msgspec.structs.replace(
        AGREEMENT,
        zones=(*AGREEMENT.zones, south),
        boundaries=(river,),
        places=(
            Place(id="TOWN", name="The town", position=place(34.38, 38.95), uncertainty_m=500.0),
            Place(id="BRIDGE", name="Old bridge", position=place(35.0, 39.4)),
        ),
    )


def route(start, course_deg: float, speed_mps: float, level_m: float, climb_mps: float = 0.0):
    """Return where an aircraft is after so many seconds, straight on from its start."""
    lat_deg, lon_deg = start

    def at(s: float):
        north = math.cos(math.radians(course_deg)) * speed_mps * s
        east = math.sin(math.radians(course_deg)) * speed_mps * s
        lat = lat_deg + north / 111_132.0
        lon = lon_deg + east / (111_320.0 * math.cos(math.radians(lat_deg)))
        return lat, lon, level_m + climb_mps * s

    return at


def flights():
    """Return flights by name and party, straight on; RSD12 and KHM07 meet after six minutes."""
    return {
        ("RSD12", "COAL"): route((35.05, 38.0), 90.0, 210.0, 21_000 * FT_M),
        ("KHM07", "RUS"): route((35.06, 39.62), 270.0, 200.0, 21_200 * FT_M),
        ("RSD21", "COAL"): route((34.3, 38.4), 60.0, 180.0, 26_000 * FT_M),
        ("KHM09", "RUS"): route((35.5, 39.2), 200.0, 190.0, 30_000 * FT_M, -2.0),
        ("WFP220", None): route((34.1, 39.4), 330.0, 120.0, 14_000 * FT_M),
        ("UAV31", "COAL"): route((35.6, 38.3), 140.0, 45.0, 9_000 * FT_M),
    }


class Flying:
    """Feeds both nodes with the same reports each second, from a thread."""

    def __init__(self, nodes: dict[str, Running], made=None, *, every_s: float = 1.0) -> None:
        self._nodes = nodes
        self._made = made or flights()
        self._every_s = every_s
        self._stop = threading.Event()
        self._began_s = time.time()
        self._thread = threading.Thread(target=self._fly, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        self._thread.join(10)

    def reports(self, now_s: float) -> list[dict]:
        found = []
        for (name, party), at in self._made.items():
            lat, lon, level_m = at(now_s - self._began_s)
            report = {
                "aircraft": name, "at_us": round(now_s * 1e6), "lat_deg": lat, "lon_deg": lon,
                "altitude_m": level_m, "altitude_reference": "STD",
            }  # fmt: skip
            found.append(report if party is None else {**report, "party": party})
        return found

    def _fly(self) -> None:
        while not self._stop.is_set():
            body = {"feed": "radar-1", "reports": self.reports(time.time())}
            for node in self._nodes.values():
                headers = {"Authorization": f"Bearer {node.token}"}
                with contextlib.suppress(Exception):  # a node that was stopped by its test
                    WEB.post(f"{node.url}/api/tracks", json=body, headers=headers)
            self._stop.wait(self._every_s)


def fill(nodes: dict[str, Running]) -> None:
    """Let people be at their posts, set zones and file intents, and say a few things."""

    def do(party: str, **body) -> None:
        said = nodes[party].act(**body)
        assert said.status_code < 400, said.text

    for party, post in (("COAL", "duty-officer"), ("RUS", "duty-officer")):
        base = {"agreement": "AGR-1", "line": "L1", "post": post}
        do(party, type="be_present", **base, present=True)
    zone = {"agreement": "AGR-1", "zone": "Z1", "post": "duty-officer"}
    do("RUS", type="set_activity", **zone, activity="hot")
    do("COAL", type="say", agreement="AGR-1", line="L1", post="duty-officer", to=["RUS"],
        message_type="zone.state", fields={"zone": "Z1", "activity": "hot"},
    )  # fmt: skip
    do("RUS", type="say", agreement="AGR-1", line="L1", post="duty-officer", to=["COAL"],
        message_type="area.notice", text="Crop spraying north of the old bridge until noon.",
        fields={"place": "Old bridge", "centre": "35.0,39.4", "window": "09:00Z/12:00Z"},
        confirmed=True,
    )  # fmt: skip
    start_us = time.time_ns() // 1000
    volume = {
        "shape": {
            "type": "corridor", "width_m": 8000.0,
            "vertices": [{"lat_deg": 34.3, "lon_deg": 38.4}, {"lat_deg": 34.9, "lon_deg": 39.6}],
        },
        "lower": {"value_m": 7000.0, "reference": "STD"},
        "upper": {"value_m": 8500.0, "reference": "STD"},
        "from_us": start_us, "to_us": start_us + 3_600_000_000,
    }  # fmt: skip
    intent = {
        "id": "I-21", "party": "COAL", "flight": "RSD21", "state": "Accepted",
        "priority": "routine", "volumes": [volume], "version": 1,
    }  # fmt: skip
    do("COAL", type="file_intent", agreement="AGR-1", post="duty-officer", intent=intent)


@contextlib.contextmanager
def lively(folder: Path, *, sign_in: bool = False, tracks: bool = True, fly: bool = True):
    """Give two running nodes with people, zones, words and traffic."""
    files = make_pair(folder, sign_in=sign_in, agreement=lively_agreement(), tracks=tracks)
    with running(files) as nodes:
        fill(nodes)
        if not fly:
            yield nodes
            return
        with Flying(nodes):
            yield nodes


def main() -> None:
    with tempfile.TemporaryDirectory() as name, lively(Path(name)) as nodes:
        for party, node in nodes.items():
            sys.stdout.write(f"{party}: {node.url}/console/   token {node.token}\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)


if __name__ == "__main__":
    main()
