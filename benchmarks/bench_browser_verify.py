"""The evidence badge in chromium: how long a pack of 10,000 entries takes, and the main thread.

Run: PYTHONPATH=src:tests .venv/bin/python benchmarks/bench_browser_verify.py [--entries N]
Three packs of one log with 64 heads, each by three keys: without receipts, with one for each fourth
entry, with one for every entry. Each is checked by WebCrypto (a secure context) and, where a page
comes over plain http from another name, by the code in JavaScript. Times are of the best and of the
worst of several rounds, without the fetch; beside them what `parley verify` takes in this process.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from against.test_typescript_verifier import CHROMIUM, FLAGS, build_page, served
from parley.review.pack import write_pack
from parley.review.verify import verify_pack
from review import packkit

GOAL_MS = 3_000
HEADS = 64


def make_pack(entries: int, receipt_each: int) -> bytes:
    """Return a pack of messages as a node writes them, with a receipt for each n-th entry."""
    log = packkit.Writer("COAL")
    log.open()
    every = max(entries // HEADS, 1)
    for number in range(1, entries):
        log.say(f"Request {number}: confirm that the corridor is clear until further notice.")
        if (number + 1) % every == 0 or number + 1 == entries:
            log.head()
    if receipt_each:
        for index in range(0, entries, receipt_each):
            log.receipt(index, "RUS")
    return write_pack(packkit.packed(log.log()))


def measure(browser: Browser, address: str, rounds: int) -> tuple[list[float], float, dict]:
    """Return the times of checks on one page, the longest stall, and the last verdict."""
    page = browser.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.goto(address)
    times, longest, verdict = [], 0.0, {}
    for _ in range(rounds):
        found = page.evaluate("checkPack()")
        times.append(found["ms"])
        longest = max(longest, found["longest"])
        verdict = found["verdict"]
    page.close()
    assert not faults, faults
    return times, longest, verdict


def ours_ms(data: bytes) -> float:
    start_s = time.perf_counter()
    verify_pack(data)
    return 1000 * (time.perf_counter() - start_s)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    print(f"load at the start {os.getloadavg()[0]:.2f}, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as play:
        folder = Path(name) / "page"
        build_page(folder)
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        print(f"chromium {browser.version}")
        with served(folder) as port:
            for each in (0, 4, 1):
                data = make_pack(asked.entries, each)
                (folder / "pack.zip").write_bytes(data)
                told = f"{asked.entries} entries, a receipt for each {each}" if each else (
                    f"{asked.entries} entries, no receipts"
                )  # fmt: skip
                print(f"{told}: {len(data) / 1e6:.1f} MB, in Python {ours_ms(data):.0f} ms")
                for host, how in (("127.0.0.1", "WebCrypto"), ("plain.test", "JavaScript")):
                    rounds = asked.rounds if host == "127.0.0.1" or not each else 1
                    address = f"http://{host}:{port}/index.html"
                    times, longest, verdict = measure(browser, address, rounds)
                    assert verdict["entries"] == asked.entries, verdict
                    assert verdict["badge"] == "RECORD INTACT", verdict
                    goal = f"goal {GOAL_MS}, ratio {max(times) / GOAL_MS:.2f}"
                    print(
                        f"  {how}: {min(times):.0f} to {max(times):.0f} ms ({goal}), "
                        f"main thread held {longest:.0f} ms at most"
                    )
        browser.close()
    print(f"load at the end {os.getloadavg()[0]:.2f}")


if __name__ == "__main__":
    main()
