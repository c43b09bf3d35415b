"""Replay of one hour of 500 aircraft: how long a seek takes, at the node and in a browser.

Run: PYTHONPATH=src:tests:tests/sim:tests/node .venv/bin/python benchmarks/bench_replay.py
    [--aircraft N] [--messages N] [--seeks N] [--no-browser]
Makes the hour first: frames at 1 Hz as a node records them, and what two parties said meanwhile,
in a simulated world whose entries lie in a real store. A node over both, with its clock standing at
the end of that hour, is asked for random instants; then a browser's slider is set to random ones.
Server times include HTTP over loopback; browser times begin when the slider is set, and contain the
80 ms for which it rests before the lists are asked for. Beside the time by the clock stands that of
the processor (client and node together; the page's main thread): it is what a quiet machine takes.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import random
import secrets
import statistics
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

import httpx
import numpy as np
from nodekit import do
from simworld import START_US, Faults, SimWorld

from app.storedworld import write_log
from parley.app.api import Api
from parley.app.config import PictureConfig
from parley.app.console_files import console_routes
from parley.app.crank import Crank
from parley.app.http import Access, WebServer
from parley.app.live_socket import LiveSocket
from parley.app.picture_recorder import PictureWriter, picture_folder
from parley.app.service import Service
from parley.app.track_frames import ROW, NamedTrack, encode_frame
from parley.node.inputs import Answer, BePresent, Display, Say, SetActivity
from parley.store.sqlite import Store
from parley.trust.seal import SALT_BYTES, seal
from parley.world.agreement import Agreement, Line, LineEnd, Party
from parley.world.geo import Position
from parley.world.shape import Circle
from parley.world.volume import VerticalLimit
from parley.world.zone import Zone

GOAL_MS = 200
HOUR_S = 3_600
SECOND_US = 1_000_000


def agreement() -> Agreement:
    """Return two parties with a line and a zone."""
    parties = ("ALFA", "BRAVO")
    return Agreement(
        id="AB",
        parties=tuple(Party(id=each, posts=("desk",)) for each in parties),
        lines=(Line(id="LINE-AB", ends=tuple(LineEnd(party=each) for each in parties)),),
        zones=(
            Zone(
                id="Z1", name="Field", kind="zone", owner="BRAVO", agreement="AB",
                agreed_by=parties,
                shape=Circle(centre=Position(lat_deg=35.0, lon_deg=39.0), radius_m=9000.0),
                lower=VerticalLimit(value_m=None, reference="SFC"),
                upper=VerticalLimit(value_m=3000.0, reference="AMSL"),
            ),
        ),
        rules_version=5,
    )  # fmt: skip


def talk(world: SimWorld, messages: int) -> None:
    """Let two parties say, show and answer, over an hour; and set a zone hot and cold."""
    draw = random.Random(5)
    for party in ("ALFA", "BRAVO"):
        do(world, party, BePresent(agreement="AB", line="LINE-AB", post="desk", present=True))
    for number in range(messages):
        party, to = (("ALFA", "BRAVO"), ("BRAVO", "ALFA"))[number % 2]
        begun_us = world.now_us
        said = do(world, party, Say(
            agreement="AB", line="LINE-AB", post="desk", to=(to,), message_type="free.text",
            text=f"Request {number}: confirm that the corridor is clear.", subject=f"s{number}",
        ))  # fmt: skip
        key = next((e.log.origin, e.seq) for e in said if e.type == "message.said")
        world.run(1)
        do(world, to, Display(ref=key, post="desk"))
        world.run(1)
        if draw.random() < 0.95:
            do(world, to, Answer(ref=key, answer="ROGER", post="desk"))
        if number % 20 == 0:
            word = ("hot", "cold")[number // 20 % 2]
            do(world, "BRAVO", SetActivity(agreement="AB", zone="Z1", post="desk", activity=word))
        if number % 60 == 0:
            for each in ("ALFA", "BRAVO"):
                do(
                    world,
                    each,
                    BePresent(agreement="AB", line="LINE-AB", post="desk", present=True),
                )
        left_s = (START_US + (number + 1) * HOUR_S * SECOND_US // messages - world.now_us) / 1e6
        world.run(max(left_s, 0.1))
        assert world.now_us > begun_us


def record(folder: Path, aircraft: int) -> int:
    """Record an hour at 1 Hz; return its bytes."""
    draw = np.random.default_rng(7)
    lat, lon = draw.uniform(33, 37, aircraft), draw.uniform(36, 41, aircraft)
    speed, course = draw.uniform(60, 260, aircraft), draw.uniform(0, 2 * math.pi, aircraft)
    level = draw.uniform(500, 12_000, aircraft)
    names = [
        NamedTrack(number=i, aircraft=f"RSD{i}", party=("ALFA", "BRAVO")[i % 2])
        for i in range(aircraft)
    ]
    writer = PictureWriter(folder, PictureConfig())
    for second in range(HOUR_S):
        rows = np.zeros(aircraft, ROW)
        rows["number"] = np.arange(aircraft)
        noise = draw.normal(0, 3e-5, (2, aircraft))
        rows["lat_e7"] = (lat + np.cos(course) * speed * second / 111_132 + noise[0]) * 1e7
        rows["lon_e7"] = (lon + np.sin(course) * speed * second / 91_000 + noise[1]) * 1e7
        rows["altitude_dm"] = level * 10
        rows["speed_dmps"] = speed * 10 + draw.normal(0, 5, aircraft)
        rows["course_cdeg"] = np.degrees(course) * 100
        rows["age_ds"] = draw.integers(3, 20, aircraft)
        rows["reference"] = 2
        at_us = START_US + second * SECOND_US
        writer.write(at_us, encode_frame(rows, at_us, at_us), names)
    return sum(path.stat().st_size for path in folder.iterdir())


class Node(threading.Thread):
    """A node over the hour, in this process, with its clock standing at the end."""

    def __init__(self, store: Store, world: SimWorld) -> None:
        super().__init__(daemon=True)
        self.ready = threading.Event()
        self.url = ""
        self._store, self._world = store, world
        self._loop: asyncio.AbstractEventLoop | None = None
        self._web: WebServer | None = None
        self.longest_ms = 0.0

    def run(self) -> None:
        """Serve until `stop`."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        crank = Crank(
            self._world.identities["ALFA"], self._store,
            salt=partial(secrets.token_bytes, SALT_BYTES), sealer=seal,
        )  # fmt: skip
        end_us = START_US + HOUR_S * SECOND_US
        service = Service(crank, lambda: end_us)
        service.begun = True
        access = Access(token="none", sign_in=False)
        api, live = Api(service, self._store, access), LiveSocket(service)
        routes = [*api.routes(), *live.routes(), *console_routes()]
        self._web = WebServer(routes, "127.0.0.1", 0, access=access)
        self._web.ending += [api.end_waits, live.end, api.past.end]
        self.url = f"http://127.0.0.1:{self._web.port}"
        self._loop = asyncio.get_running_loop()
        stalls = asyncio.create_task(self._watch())
        self.ready.set()
        await self._web.serve()
        stalls.cancel()

    async def _watch(self) -> None:
        """Note the longest time for which the loop was not given its turn."""
        while True:
            begun_s = time.perf_counter()
            await asyncio.sleep(0.005)
            late_ms = (time.perf_counter() - begun_s - 0.005) * 1e3
            self.longest_ms = max(self.longest_ms, late_ms)

    def stop(self) -> None:
        """End it."""
        assert self._loop is not None
        assert self._web is not None
        self._loop.call_soon_threadsafe(self._web.stop)
        self.join(10)


def p95(times_ms: list[float]) -> float:
    """Return the time below which 95 of 100 are, by nearest rank."""
    return sorted(times_ms)[math.ceil(0.95 * len(times_ms)) - 1]


def told(name: str, times_ms: list[tuple[float, float]]) -> None:
    """Print one row: by the clock, then by the processor."""
    clock, used = [each for each, _ in times_ms], [each for _, each in times_ms]
    mark = "" if p95(clock) <= GOAL_MS else f"  above {GOAL_MS} ms"
    print(
        f"{name:42} p50 {statistics.median(clock):6.1f}  p95 {p95(clock):6.1f}  "
        f"most {max(clock):6.1f} ms; processor p50 {statistics.median(used):6.1f}  "
        f"p95 {p95(used):6.1f} ms  n {len(clock)}{mark}"
    )


def instants(count: int, seed: int) -> list[int]:
    """Return random seconds of the hour."""
    draw = random.Random(seed)
    return [START_US + draw.randrange(10, HOUR_S) * SECOND_US for _ in range(count)]


def at_the_node(node: Node, seeks: int) -> None:
    """Ask for random instants."""
    client = httpx.Client(trust_env=False, base_url=node.url, timeout=120)

    def timed(path: str) -> tuple[float, float]:
        begun_s, used_s = time.perf_counter(), time.process_time()
        reply = client.get(path)
        assert reply.status_code == 200, reply.text
        return (time.perf_counter() - begun_s) * 1e3, (time.process_time() - used_s) * 1e3

    first_ms, used_ms = timed(f"/api/screen?at_us={instants(1, 1)[0]}")
    print(f"first screen after the start {first_ms:.0f} ms, processor {used_ms:.0f} ms")
    node.longest_ms = 0.0
    told("recorded frame", [timed(f"/api/tracks/at?at_us={us}") for us in instants(seeks, 2)])
    for viewer in ("ALFA", "BRAVO"):
        rows = [timed(f"/api/screen?at_us={us}&as={viewer}") for us in instants(seeks, 3)]
        told(f"screen as {viewer} knew it, random instants", rows)
    forward = [START_US + (60 + i) * SECOND_US for i in range(seeks)]
    told("screen, second by second forward", [timed(f"/api/screen?at_us={us}") for us in forward])
    back = forward[::-1]
    told("screen, second by second back", [timed(f"/api/screen?at_us={us}") for us in back])
    end_us = START_US + HOUR_S * SECOND_US
    path = f"/api/timeline?from_us={START_US}&to_us={end_us}"
    told("timeline of the hour", [timed(path) for _ in range(5)])
    print(f"longest stall of the node's loop meanwhile {node.longest_ms:.0f} ms")


SEEK = """
async (atUs) => {
  const slider = document.querySelector(".time-slider");
  const stamp = () => document.querySelector(".time-stamp");
  const form = document.querySelector(".time-jump");
  const input = form.querySelector("input");
  input.value = new Date(atUs / 1000).toISOString().slice(0, 19).replace("T", " ") + "Z";
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await new Promise((done) => setTimeout(done, 30));
  const begun = performance.now();
  form.requestSubmit();
  let frame = null;
  for (;;) {
    await new Promise((done) => requestAnimationFrame(done));
    const picture = document.querySelector("[data-frame-us]");
    const at = Number(slider.dataset.cursorUs);
    const shown = picture === null ? 0 : Number(picture.dataset.frameUs);
    if (frame === null && at === atUs && shown === atUs) frame = performance.now() - begun;
    if (at === atUs && Number(stamp().dataset.screenUs) === atUs) {
      if (frame !== null) return [frame, performance.now() - begun];
    }
    if (performance.now() - begun > 20000) return [frame ?? 20000, 20000];
  }
}
"""


def in_the_browser(node: Node, seeks: int) -> None:
    """Set the slider to random instants, and time until frame and lists are drawn."""
    from app.consolebrowser import chromium_running, open_console

    with chromium_running() as browser:
        page = open_console(browser, node.url).page
        page.keyboard.press("[")
        page.wait_for_selector("[data-frame-us]", timeout=30_000)
        probe = page.context.new_cdp_session(page)
        probe.send("Performance.enable", {"timeDomain": "threadTicks"})

        def main_thread_ms() -> float:
            found = probe.send("Performance.getMetrics")["metrics"]
            return next(each["value"] for each in found if each["name"] == "TaskDuration") * 1e3

        frames, screens = [], []
        for at_us in instants(seeks + 3, 4):
            before_ms = main_thread_ms()
            frame_ms, screen_ms = page.evaluate(SEEK, at_us)
            used_ms = main_thread_ms() - before_ms
            frames.append((frame_ms, used_ms))
            screens.append((screen_ms, used_ms))
        # The first ones still compile.
        told("browser: until the frame is drawn", frames[3:])
        told("browser: until the lists are drawn", screens[3:])


def main() -> None:
    """Make the hour, and measure."""
    parser = argparse.ArgumentParser(description="seeks in a recorded hour")
    parser.add_argument("--aircraft", type=int, default=500)
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--seeks", type=int, default=100)
    parser.add_argument("--no-browser", action="store_true")
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "parley.db"
        begun_s = time.perf_counter()
        size = record(picture_folder(path), given.aircraft)
        per_frame_ms = (time.perf_counter() - begun_s) / HOUR_S * 1e3
        raw = given.aircraft * ROW.itemsize * HOUR_S
        print(f"recorded: {size / 1e6:.1f} MB, {size / raw:.2f} of {raw / 1e6:.1f} MB raw; "
              f"{per_frame_ms:.2f} ms a frame with making it")  # fmt: skip
        world = SimWorld(3, [agreement()], Faults(delay_s=(0.01, 0.05)))
        world.run(3)
        talk(world, given.messages)
        with Store(path) as store:
            for origin in world.stores["ALFA"].origins():
                write_log(world.stores["ALFA"], store, origin)
            print(f"entries: {sum(store.size(origin) for origin in store.origins())}")
            node = Node(store, world)
            node.start()
            node.ready.wait(30)
            at_the_node(node, given.seeks)
            if not given.no_browser:
                in_the_browser(node, min(given.seeks, 40))
            node.stop()
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
