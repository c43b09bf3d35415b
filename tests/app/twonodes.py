"""Two parties for the tests of `app`: their agreement, their folders, their running nodes."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import msgspec
import pytest

from parley.app.cli.main import main
from parley.app.setup import make_node
from parley.world.agreement import Agreement, Line, LineEnd, Party
from parley.world.boundary import Boundary
from parley.world.clauses import Acknowledgement, Separation
from parley.world.geo import Position
from parley.world.shape import Circle
from parley.world.volume import VerticalLimit
from parley.world.zone import Zone

WEB = httpx.Client(verify=False, trust_env=False)
"""One client for all: making one reads all certificates of the system each time."""
T0_US = 1_497_938_400_000_000  # 2017-06-20T06:00:00Z
GROUND = VerticalLimit(value_m=None, reference="SFC")
TOP = VerticalLimit(value_m=3000.0, reference="AMSL")
AGREEMENT = Agreement(
    id="AGR-1",
    title="A test agreement",
    parties=(
        Party(id="COAL", posts=("duty-officer", "commander")),
        Party(id="RUS", posts=("duty-officer", "alternate")),
    ),
    lines=(Line(id="L1", ends=(LineEnd(party="COAL"), LineEnd(party="RUS"))),),
    clauses=(
        Separation(id="c1", horizontal_m=5556.0, vertical_m=914.4),
        Acknowledgement(id="c2", within_s=240.0),
    ),
    zones=(
        Zone(
            id="Z1",
            name="North field",
            kind="zone",
            shape=Circle(centre=Position(lat_deg=35.0, lon_deg=39.0), radius_m=9000.0),
            lower=GROUND,
            upper=TOP,
            owner="RUS",
            agreement="AGR-1",
            agreed_by=("COAL", "RUS"),
        ),
    ),
    boundaries=(
        Boundary(
            id="B1",
            name="The river",
            vertices=(
                Position(lat_deg=36.0, lon_deg=38.0),
                Position(lat_deg=34.0, lon_deg=40.0),
            ),
            agreed_by=("COAL", "RUS"),
        ),
    ),
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_pair(
    folder: Path, *, sign_in: bool = True, agreement: Agreement = AGREEMENT, tracks: bool = False
) -> dict[str, Path]:
    """Return the TOML files of two nodes that know each other; without tracks they start sooner."""
    (folder / "agr-1.json").write_bytes(msgspec.json.encode(agreement))
    tables = {
        party: make_node(
            folder / party,
            party=party,
            listen=f"127.0.0.1:{free_port()}",
            http="127.0.0.1:0",
        )
        for party in ("COAL", "RUS")
    }
    files = {}
    for party, other in (("COAL", "RUS"), ("RUS", "COAL")):
        file = folder / party / "node.toml"
        text = file.read_text().replace("agreements = []", 'agreements = ["../agr-1.json"]')
        if not sign_in:
            text = text.replace('token = "token"', 'token = "token"\nsign_in = false')
        if not tracks:
            text = f"tracks = false\n{text}"
        file.write_text(text + tables[other])
        files[party] = file
    return files


class Running:
    """A node as a process of its own, on the wall clock."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.process = subprocess.Popen(
            [sys.executable, "-m", "parley", "node", "run", str(file)],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env=environment(),
        )
        said = self.process.stderr.readline()
        if "not ready: compiling" in said:
            said = self.process.stderr.readline()
        found = re.search(r"page (http://127\.0\.0\.1:\d+)/", said)
        assert found, said + self.process.stderr.read()
        self.url = found[1]
        self.token = (file.parent / "token").read_text().strip()
        self.token_file = file.parent / "token"

    def get(self, path: str):
        reply = WEB.get(f"{self.url}{path}")
        assert reply.status_code == 200, reply.text
        return reply.json()

    def acts(self) -> int:
        """Return how many entries of its own logs were written by a post, not by the system."""
        found = 0
        for log in self.get("/api/logs"):
            for start in range(0, log["size"] if log["own"] else 0, 256):
                entries = self.get(f"/api/logs/{log['origin']}/entries?start={start}")
                found += sum(json.loads(entry["text"])["by"] != "system" for entry in entries)
        return found

    def act(self, **body) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return WEB.post(f"{self.url}/api/acts", json=body, headers=headers)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)
        self.process.stderr.close()

    def stop(self) -> int:
        self.process.terminate()
        code = self.process.wait(60)
        self.process.stderr.close()
        return code


@contextlib.contextmanager
def running(files: dict[str, Path]):
    """Give the nodes of the files, linked to each other; stop them at the end."""
    nodes = {}
    try:
        for party, file in files.items():
            nodes[party] = Running(file)
        linked(nodes)
        yield nodes
    finally:
        for node in nodes.values():
            if node.process.poll() is None:
                node.stop()


def linked(nodes: dict[str, Running]) -> None:
    for node in nodes.values():
        until(lambda node=node: all(p["link"] == "up" for p in node.get("/api/status")["peers"]))
    for node in nodes.values():
        # A node that has just started asks its mirrors before it writes anything.
        until(lambda node=node: [log for log in node.get("/api/logs") if log["own"]])


def until(true, within_s: float = 60.0):
    """Return what `true` returns once it is true."""
    end_s = time.monotonic() + within_s
    while time.monotonic() < end_s:
        found = true()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("not within the time")


def environment() -> dict[str, str]:
    source = Path(__file__).parents[2] / "src"
    return {**os.environ, "PYTHONPATH": str(source), "NO_COLOR": "1", "COLUMNS": "100"}


def parley(*arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command line as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "parley", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=180,
        check=False,
    )


def parley_here(capsys, *arguments: object) -> tuple[int, str, str]:
    """Run the command line in this process; return its exit code, stdout and stderr."""
    before = sys.argv
    sys.argv = ["parley", *map(str, arguments)]
    capsys.readouterr()
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        sys.argv = before
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def say(**changed):
    """Return the body of a message that asks for a read-back."""
    return {
        "type": "say",
        "agreement": "AGR-1",
        "line": "L1",
        "post": "duty-officer",
        "to": ["RUS"],
        "message_type": "zone.state",
        "fields": {"zone": "Z1", "activity": "hot"},
        **changed,
    }


def lines_of(text: str) -> list:
    return [json.loads(line) for line in text.splitlines()]
