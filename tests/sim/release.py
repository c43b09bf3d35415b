"""A simulated world in which some nodes run the code of an earlier release, each in its process."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from simworld import Connection, Faults, SimWorld

from parley.app.crank import Turned
from parley.node.inputs import Input, Tick
from parley.world.agreement import Agreement

RELEASES = {"676989f": 2, "a99f45c": 3, "cbec54d": 4}
"""The last commits of earlier releases, each with the newest rules version that it knows."""
ROOT = Path(__file__).parents[2]
WORKER = Path(__file__).with_name("release_worker.py")


def unpack_release(commit: str, folder: Path) -> str | None:
    """Put the code of a release into a folder; return why it cannot be had, or None."""
    git = shutil.which("git")
    if git is None:
        return "there is no git"
    folder.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(
        [git, "-C", str(ROOT), "archive", commit, "src/parley", "tests/sim"],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        return made.stderr.decode(errors="replace").strip()[:200] or "git archive failed"
    with tarfile.open(fileobj=io.BytesIO(made.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return None


class Worker:
    """A node of another release: its crank and its store live in a process of their own."""

    def __init__(self, tree: Path, party: str, seed: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER), str(tree), party, str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, do: str, **fields: object) -> object:
        """Return the worker's answer to a command."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **fields}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the node of the earlier release died"
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


class MixedWorld(SimWorld):
    """A world of nodes of this release and of an earlier one; everybody signs for real.

    Args:
        seed: of everything that is drawn.
        parties: the ends of each agreement by its name.
        old: who runs the earlier release.
        tree: that release's code.
        version: of the rules that the agreements pin.
    """

    def __init__(
        self,
        seed: int,
        parties: Sequence[tuple[str, tuple[str, ...]]],
        old: Sequence[str],
        tree: Path,
        faults: Faults,
        *,
        version: int = 2,
    ) -> None:
        self.workers = {party: Worker(tree, party, seed) for party in old}
        texts: list[str] = []
        for worker in self.workers.values():
            texts = worker.ask("agreements", parties=parties, version=version)
        self.wrote_old: list[tuple[str, int, str]] = []
        agreements = [msgspec.json.decode(text, type=Agreement) for text in texts]
        self.texts = {a.id: text for a, text in zip(agreements, texts, strict=True)}
        super().__init__(seed, agreements, faults)

    def close(self) -> None:
        """End all workers."""
        for worker in self.workers.values():
            worker.close()

    def start(self, party: str) -> None:
        """Start a node; what is adopted is the very text, as the earlier release wrote it."""
        identity = self.identities[party]
        identity.documents.update({name: self.texts[name] for name in identity.agreements})
        if party not in self.workers:
            super().start(party)
            return
        self.workers[party].ask("start")
        self.nodes[party] = life = object()
        self.started_us[party] = self.now_us
        self.after(self.random.uniform(0.0, 1.0), lambda: self._tick_old(party, life))

    def stop(self, party: str) -> None:
        if party in self.workers:
            self.workers[party].ask("stop")
        super().stop(party)

    def _tick_old(self, party: str, life: object) -> None:
        if self.nodes[party] is life:
            self.give(party, Tick())
            self._call_peers(party)
            self.after(1.0, lambda: self._tick_old(party, life))

    def give(self, party: str, event: Input) -> Turned | None:
        if party not in self.workers:
            return super().give(party, event)
        if self.nodes[party] is not None:
            self._ask_old(party, _as_event(event))
        return None

    def act_old(self, party: str, event: Input) -> list[tuple[str, int, str]]:
        """Let an operator of an earlier release act; return what was written: origin, seq, type."""
        return self._ask_old(party, _as_event(event)) if self.nodes[party] is not None else []

    def _ask_old(self, party: str, event: dict[str, object]) -> list[tuple[str, int, str]]:
        found = self.workers[party].ask("turn", now_us=self.clock_us(party), event=event)
        for number, data in found["frames"]:
            self._send(party, number, bytes.fromhex(data))
        for number, why in found["drops"]:
            self.drops.append(f"{party}: {why}")
            if number in self.connections:
                self._close(self.connections[number])
        if found["refused"]:
            self.refusals.append(f"{party}: {found['refused']}")
        written = [tuple(each) for each in found["written"]]
        self.wrote_old += written
        return written

    def _proven_at(self, end: str, number: int) -> bool:
        if end not in self.workers:
            return super()._proven_at(end, number)
        return self.nodes[end] is not None and bool(
            self.workers[end].ask("proven", connection=number)
        )

    def _deliver(self, connection: Connection, receiver: str, data: bytes) -> None:
        if receiver not in self.workers:
            super()._deliver(connection, receiver, data)
        elif connection.open and self.nodes[receiver] is not None:
            event = {"kind": "bytes", "connection": connection.number, "data": data.hex()}
            self._ask_old(receiver, event)

    def heads(self, party: str) -> dict[str, list[object]]:
        """Return size and root of each log that a node holds, private ones left out."""
        if party in self.workers:
            return self.workers[party].ask("state")["heads"]
        return {
            log.name.origin: [log.tree.size, log.frontier.root().hex()]
            for log in self.node(party).state.logs()
            if log.name.kind != "private"
        }


def _as_event(event: Input) -> dict[str, object]:
    """Return an input as plain values, by the name that both releases know it by."""
    plain = msgspec.to_builtins(event)
    plain["kind"] = plain.pop("type")
    return plain
