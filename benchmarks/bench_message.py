"""From the Send button of one console to the message on the other's screen: two nodes, loopback.

Signed by one node and stored durably, sent, stored by the other, told to its page, and drawn there:
both instants are this machine's clock, taken within the pages. Goal: 500 ms at the 95th percentile.
The map is not drawn (there is no GPU here), everything else is. Traffic of four aircraft flies.
Run: python benchmarks/bench_message.py [MESSAGES]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOP), str(TOP / "src"), str(TOP / "tests")]

from app.consolebrowser import (  # noqa: E402  the paths first
    WITHOUT_GRAPHICS,
    chromium_running,
    open_console,
    wait_until,
)
from app.consoleworld import Flying, lively_agreement  # noqa: E402  the paths first
from app.test_console_duty import LONE, MEETING, Mouse, row, send  # noqa: E402  the paths first
from app.twonodes import make_pair, running  # noqa: E402  the paths first

GOAL_MS = 500.0
PRESSED = """
window.pressedAt = 0;
addEventListener("click", (event) => {
  if (event.target.closest('[data-act="send"], [data-act="confirm"]')) {
    window.pressedAt = performance.timeOrigin + performance.now();
  }
}, true);
"""
DRAWN = """
window.drawnAt = {};
new MutationObserver(() => {
  // Drawn with the next frame: a row in the document is not yet one on the screen.
  const rows = [...document.querySelectorAll(".hot-row")].map((each) => each.dataset.key);
  requestAnimationFrame(() => {
    const now = performance.timeOrigin + performance.now();
    for (const key of rows) window.drawnAt[key] ??= now;
  });
}).observe(document, { childList: true, subtree: true, attributes: true });
"""


def main(count: int) -> None:
    found_ms = []
    with tempfile.TemporaryDirectory() as folder, chromium_running(WITHOUT_GRAPHICS) as browser:
        files = make_pair(Path(folder), sign_in=False, agreement=lively_agreement(), tracks=True)
        with running(files) as nodes, Flying(nodes, {**LONE, **MEETING}):
            coal = open_console(browser, nodes["COAL"].url, script=PRESSED)
            rus = open_console(browser, nodes["RUS"].url, script=DRAWN)
            hand = Mouse(coal.page)
            for number in range(count):
                hand.choose_kind("free.text")
                hand.fill("dialog[open] textarea", f"word {number:04d} end")
                key = send(hand, nodes["COAL"], "free.text")
                rus.page.locator(row(key)).wait_for(timeout=20_000)
                name = f"{key[0]}#{key[1]}"
                wait_until(rus.page, "(name) => name in window.drawnAt", name)
                drawn_ms = rus.page.evaluate("(name) => window.drawnAt[name]", name)
                found_ms.append(drawn_ms - coal.page.evaluate("window.pressedAt"))
    found_ms.sort()
    p95 = found_ms[min(len(found_ms) - 1, round(0.95 * len(found_ms)))]
    print(
        f"{count} messages, Send to the other screen: p50 {statistics.median(found_ms):.0f} ms, "
        f"p95 {p95:.0f} ms, most {found_ms[-1]:.0f} ms; goal {GOAL_MS:g} ms, "
        f"ratio {p95 / GOAL_MS:.2f}; load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
