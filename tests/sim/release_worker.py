"""One node of another release, in its own process: runs the code of the tree that it is started in.

Run: python release_worker.py TREE PARTY SEED. It reads and answers one JSON object a line. TREE has
that release's `src` and `tests/sim`; everything here is written against release 676989f and must
not use anything newer.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path


def main() -> None:
    """Answer commands until standard input ends."""
    tree, party, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    # Python put this file's own folder first: its neighbours are of the other release.
    sys.path[:] = [str(tree / "src"), str(tree / "tests/sim"), *sys.path[1:]]
    node = Node(party, seed)
    for line in sys.stdin:
        command = json.loads(line)
        answer = getattr(node, f"do_{command.pop('do')}")(**command)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


class Node:
    """A node of that release with its store; the store outlives the node."""

    def __init__(self, party: str, seed: int) -> None:
        import simstory
        import simworld

        self.party = party
        self.random = random.Random(f"worker {seed}")
        self.simworld, self.simstory = simworld, simstory
        self.store = simworld.SimStore()
        self.crank = None
        self.readers: dict[int, object] = {}
        self.agreements = []

    def do_agreements(self, parties: list, version: int) -> list[str]:
        """Return the texts of agreements as this release writes them, and adopt its own."""
        import msgspec

        made = [self.simstory.agreement_of(name, tuple(ends)) for name, ends in parties]
        self.agreements = [msgspec.structs.replace(a, rules_version=version) for a in made]
        return [msgspec.json.encode(a, order="sorted").decode() for a in self.agreements]

    def do_start(self) -> None:
        """Start the node from its store."""
        from parley.app.crank import Crank
        from parley.trust.seal import seal

        identity = self.simworld.make_identities(self.agreements)[self.party]
        self.readers.clear()
        self.crank = Crank(
            identity, self.store, salt=lambda: self.random.randbytes(32), sealer=seal
        )

    def do_release(self) -> dict:
        """Return where this code lies, and the newest rules that it knows."""
        import parley
        from parley.node.versions import RULES_LATEST

        return {"file": parley.__file__, "rules": RULES_LATEST}

    def do_stop(self) -> None:
        """The node dies; what it stored stays."""
        self.crank = None

    def do_turn(self, now_us: int, event: dict) -> dict:
        """Give the node one input; return its frames as bytes of the wire, and what it wrote."""
        from parley.node.inputs import FrameIn
        from parley.wire.peer import FrameReader
        from parley.world.faults import InputFault

        found: dict = {"frames": [], "drops": [], "written": [], "refused": None}
        if event["kind"] == "bytes":
            reader = self.readers.setdefault(event["connection"], FrameReader())
            inputs = [
                FrameIn(connection=event["connection"], frame=frame)
                for frame in reader.receive(bytes.fromhex(event["data"]))
            ]
        else:
            inputs = [self._input(event)]
        for each in inputs:
            try:
                turned = self.crank.turn(now_us, each)
            except InputFault as fault:
                found["refused"] = str(fault)
                continue
            self._told(found, turned)
        return found

    def _told(self, found: dict, turned: object) -> None:
        from parley.wire.peer import encode_frame

        found["frames"] += [[f.connection, encode_frame(f.frame).hex()] for f in turned.frames]
        found["drops"] += [[d.connection, d.why] for d in turned.drops]
        found["written"] += [[e.log.origin, e.seq, e.type] for e in turned.written]

    def _input(self, event: dict) -> object:
        """Return an input of this release; fields that it does not know are left out."""
        import msgspec

        from parley.node import inputs

        kinds = [k for k in vars(inputs).values() if isinstance(k, type)]
        kinds = [k for k in kinds if issubclass(k, msgspec.Struct)]
        kind = next(k for k in kinds if k.__struct_config__.tag == event["kind"])
        fields = {k: v for k, v in event.items() if k in kind.__struct_fields__}
        return msgspec.convert({"type": event["kind"], **fields}, kind)

    def do_proven(self, connection: int) -> bool:
        """Return whether the other end of a connection has proved who it is."""
        session = self.crank.state.links.sessions.get(connection)
        return session is not None and session.proven

    def do_state(self) -> dict:
        """Return the digest of each agreement's state, and the head of each log."""
        try:
            from parley.node.snapshots import digest
        except ImportError:  # releases before rules version 4 have it elsewhere
            from parley.node.state import digest

        state = self.crank.state
        return {
            "digests": {name: digest(scope) for name, scope in state.scopes.items()},
            "heads": {
                log.name.origin: [log.tree.size, log.frontier.root().hex()]
                for log in state.logs()
                if log.name.kind != "private"
            },
            "refused": len(self.store.heads_refused),
        }


if __name__ == "__main__":
    main()
