"""The console with many aircraft: main-thread work, frames a second, parsing with upload.

The built console in Debian's chromium with software GL, fed by `console_node.py` at one frame a
second. Beside the figures of notes/console.md for tar1090 (whole product, same machine class).
Frames are counted in a window of their own: a page that is asked for each frame (60 a second) works
for that alone, whatever it draws, and no duty officer's page is. Both are printed.
Run: python benchmarks/bench_console.py [TRACKS ...]
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOP / "benchmarks"), str(TOP / "tests")]

from console_node import BOX_DEG, ConsoleNode, serving  # noqa: E402  the path is set above
from playwright.sync_api import (  # noqa: E402  the same
    CDPSession,
    ConsoleMessage,
    Page,
    sync_playwright,
)

from app.consolebrowser import CHROMIUM, FLAGS  # noqa: E402  tests are no package

SIZE = {"width": 1000, "height": 640}
MEASURED_S = 10.0
PANNED_S = 5.0
SETTLED_S = 6.0
TAR1090 = {1_000: "720 / 604 main ms/s, 1.9 / 3.1 fps", 10_000: "1002 / 999 ms/s, 0.1 / 0.5 fps"}
"""Two runs each; idle, WebGL on. At 50,000 it was not run."""

# Times what the page does with each track frame: parsing, drawing tables, upload. It is put before
# the page's own scripts and sees the handler that they set.
WATCH = """
window.bench = { frames: [], long: [], ticks: 0 };
const set = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage').set;
Object.defineProperty(WebSocket.prototype, 'onmessage', { set(handler) {
  set.call(this, (event) => {
    const began = performance.now();
    handler.call(this, event);
    if (typeof event.data !== 'string') window.bench.frames.push(performance.now() - began);
  });
} });
const put = WebGL2RenderingContext.prototype.bufferData;
WebGL2RenderingContext.prototype.bufferData = function (...given) {
  const began = performance.now();
  put.apply(this, given);
  const { frames } = window.bench;
  if (frames.length > 0 && !this.canvas.classList.contains('maplibregl-canvas')) {
    frames[frames.length - 1] += performance.now() - began;
  }
};
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) window.bench.long.push(each.duration);
}).observe({ type: 'longtask', buffered: false });
let counting = false;
const tick = () => { window.bench.ticks += 1; if (counting) requestAnimationFrame(tick); };
window.countFrames = (yes) => { counting = yes; if (yes) requestAnimationFrame(tick); };
"""


@dataclass
class Measured:
    """What one number of aircraft costs."""

    tracks: int
    task_ms_s: float
    cpu_ms_s: float
    counted_ms_s: float
    fps: float
    parse_p95_ms: float
    longest_ms: float
    pan_ms_frame: float
    pan_longest_ms: float
    drawn: int
    faults: list[str]


def task_ms(client: CDPSession) -> tuple[float, float]:
    """Return the main thread's time in tasks so far: by the wall, and of the processor alone.

    The first grows with whatever else the machine does; the second does not.
    """
    metrics = client.send("Performance.getMetrics")["metrics"]
    found = {each["name"]: each["value"] * 1000 for each in metrics}
    return found["TaskDuration"], found["ThreadTime"]


def reset(page: Page) -> None:
    page.evaluate("() => { bench.frames = []; bench.long = []; bench.ticks = 0; }")


def watch(page: Page, client: CDPSession) -> tuple[float, float, float]:
    """Return the main thread's ms a second, by the wall and of the processor, and the seconds."""
    reset(page)
    task, cpu = task_ms(client)
    began_s = time.perf_counter()
    page.wait_for_timeout(MEASURED_S * 1000)
    took_s = time.perf_counter() - began_s
    task_after, cpu_after = task_ms(client)
    return (task_after - task) / took_s, (cpu_after - cpu) / took_s, took_s


def measure(page: Page, tracks: int, faults: list[str]) -> Measured:
    """Return the figures of a page that has settled."""
    client = page.context.new_cdp_session(page)
    client.send("Performance.enable", {"timeDomain": "timeTicks"})
    task_ms_s, cpu_ms_s, _ = watch(page, client)
    seen = page.evaluate("() => bench")
    frames = sorted(seen["frames"])
    page.evaluate("countFrames(true)")
    counted_ms_s, _, took_s = watch(page, client)
    counted = page.evaluate("() => bench")
    pan_ms, pan_longest = pan(page, client)
    return Measured(
        tracks=tracks,
        task_ms_s=task_ms_s,
        cpu_ms_s=cpu_ms_s,
        counted_ms_s=counted_ms_s,
        fps=counted["ticks"] / took_s,
        parse_p95_ms=frames[min(len(frames) - 1, round(0.95 * len(frames)))] if frames else 0.0,
        longest_ms=max(seen["long"] + counted["long"], default=0.0),
        pan_ms_frame=pan_ms,
        pan_longest_ms=pan_longest,
        drawn=int(page.locator(".map-room").get_attribute("data-tracks") or 0),
        faults=faults,
    )


def pan(page: Page, client: CDPSession) -> tuple[float, float]:
    """Return processor time of the main thread a frame while dragged, and the longest task."""
    box = page.locator(".map-ground").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    reset(page)
    _, before = task_ms(client)
    page.mouse.move(*middle)
    page.mouse.down()
    until_s = time.perf_counter() + PANNED_S
    step = 0
    while time.perf_counter() < until_s:
        step += 1
        page.mouse.move(middle[0] + 60 * (step % 3), middle[1] + step % 40)
    page.mouse.up()
    _, after = task_ms(client)
    seen = page.evaluate("() => bench")
    return (after - before) / max(1, seen["ticks"]), max(seen["long"], default=0.0)


def run(tracks: int) -> Measured:
    """Return the figures for a number of aircraft."""
    faults: list[str] = []
    west, south, east, north = BOX_DEG
    camera = f'{{"lonDeg":{(west + east) / 2},"latDeg":{(south + north) / 2},"zoom":4.6}}'
    with serving(ConsoleNode(tracks)) as url, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        context = browser.new_context(viewport=SIZE, color_scheme="dark")
        context.add_init_script(WATCH)
        context.add_init_script(f"sessionStorage.setItem('parley.map.camera', '{camera}')")
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: _note(said, faults))
        page.goto(f"{url}/console/")
        page.wait_for_selector(".map-room[data-loaded=true]", timeout=60_000)
        page.wait_for_timeout(SETTLED_S * 1000)
        found = measure(page, tracks, faults)
        if picture := os.environ.get("PICTURE"):
            page.screenshot(path=f"{picture}-{tracks}.png", timeout=120_000)
        browser.close()
    return found


def _note(said: ConsoleMessage, faults: list[str]) -> None:
    """Keep what the page complains of; but for what this node does not serve (other rooms ask)."""
    if said.type == "error" and not said.text.startswith("Failed to load resource"):
        faults.append(said.text)


def main() -> None:
    counts = [int(each) for each in sys.argv[1:]] or [1_000, 10_000, 50_000]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, software GL, {SIZE}")
    print(
        "tracks | in view | main ms/s | of it processor ms/s | while frames are counted ms/s | "
        "idle fps | parse+upload p95 ms | "
        "longest task ms | pan: processor ms/frame | pan: longest | tar1090 (notes/console.md)"
    )
    for count in counts:
        m = run(count)
        print(
            f"{m.tracks} | {m.drawn} | {m.task_ms_s:.0f} | {m.cpu_ms_s:.0f} | "
            f"{m.counted_ms_s:.0f} | {m.fps:.1f} | {m.parse_p95_ms:.1f} | {m.longest_ms:.0f} | "
            f"{m.pan_ms_frame:.1f} | {m.pan_longest_ms:.0f} | {TAR1090.get(count, 'not run')} | "
            f"load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        for fault in m.faults:
            print(f"  fault: {fault}")


if __name__ == "__main__":
    main()
