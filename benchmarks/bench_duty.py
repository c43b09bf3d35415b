"""Eight duty tasks, by the console's keys and by the command line: keystrokes, and seconds.

    python benchmarks/bench_duty.py

Two nodes on this machine, a real browser, real commands. The script types without a pause, so the
seconds are what the programs need and the keystrokes what a person gives; at a calm four keys a
second the last column is what the task takes. Options that a post sets once (`PARLEY_NODE`) are not
counted for the command line.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOP), str(TOP / "src"), str(TOP / "tests")]

from playwright.sync_api import expect  # noqa: E402  the paths first

from app.consolebrowser import chromium_running, open_console  # noqa: E402  the paths first
from app.consoleworld import fill, lively_agreement  # noqa: E402  the paths first
from app.test_console_duty import Keys, newest, row  # noqa: E402  the paths first
from app.twonodes import make_pair, running, until  # noqa: E402  the paths first

KEYS_PER_S = 4.0


class Counting(Keys):
    """Hands on the keyboard, counted."""

    def __init__(self, page) -> None:
        super().__init__(page)
        self.keys = 0
        press, typed = page.keyboard.press, page.keyboard.type

        def count_press(key, **more) -> None:
            self.keys += 1
            press(key, **more)

        def count_type(text, **more) -> None:
            self.keys += len(text)
            typed(text, **more)

        page.keyboard.press, page.keyboard.type = count_press, count_type


class Bench:
    def __init__(self, nodes, hand: Counting) -> None:
        self.nodes, self.hand, self.rows = nodes, hand, []

    def console(self, what: str, does) -> None:
        self.hand.keys = 0
        began_s = time.monotonic()
        does()
        self.rows.append((what, "console", self.hand.keys, time.monotonic() - began_s))

    def command(self, what: str, *lines: str) -> None:
        keys, began_s = 0, time.monotonic()
        for line in lines:
            keys += len(line) + 1
            node = self.nodes["COAL"]
            environment = {**os.environ, "PARLEY_NODE": node.url}
            environment["PARLEY_TOKEN_FILE"] = str(node.token_file)
            words = [sys.executable, "-m", "parley", *shlex.split(line)[1:]]
            done = subprocess.run(
                words, env={**environment, "PYTHONPATH": str(TOP / "src")}, capture_output=True,
                text=True, check=False,
            )  # fmt: skip
            assert done.returncode in (0, 1), f"{line}\n{done.stdout}{done.stderr}"
        self.rows.append((what, "command line", keys, time.monotonic() - began_s))


def no_dialog(page) -> None:
    expect(page.locator("dialog[open]")).to_have_count(0, timeout=20_000)


def asked_of_us(nodes) -> list:
    """Let RUS ask for an answer with a read-back; return the message's key once COAL has it."""
    body = {
        "type": "say", "agreement": "AGR-1", "line": "L1", "post": "duty-officer", "to": ["COAL"],
        "message_type": "zone.state", "fields": {"zone": "Z1", "activity": "hot"},
    }  # fmt: skip
    key = nodes["RUS"].act(**body).json()["key"]
    until(lambda: [m for m in nodes["COAL"].get("/api/messages") if m["key"] == key])
    return key


def messages(bench: Bench) -> None:
    """Answer one with its read-back, send a notice with a zone, log a call."""
    nodes, hand, page = bench.nodes, bench.hand, bench.hand.page
    key = asked_of_us(nodes)
    expect(page.locator(row(key))).to_be_visible()
    page.wait_for_timeout(1_200)

    def answer() -> None:
        hand.answer(row(key), "ROGER")
        hand.fill('dialog[open] [data-field="zone"]', "Z1")
        hand.fill('dialog[open] [data-field="activity"]', "hot")
        hand.press("dialog[open] .kit-do")
        no_dialog(page)

    def notice() -> None:
        hand.choose_kind("zone.notice")
        for name, text in {"zone": "Z2", "window": "09:00Z/12:00Z"}.items():
            hand.fill(f'dialog[open] [data-field="{name}"]', text)
        hand.press('dialog[open] [data-act="send"]')
        no_dialog(page)

    def call() -> None:
        page.keyboard.press("t")
        for group in ("hot-direction", "hot-outcome"):
            hand._reach(f'dialog[open] input[name="{group}"]')
            page.keyboard.press("Space")
        hand._reach("dialog[open] input:not([type=radio])")
        page.keyboard.type("2 min ago")
        hand.fill("dialog[open] input[list]", "air")
        hand.press("dialog[open] .kit-do")
        no_dialog(page)

    bench.console("answer a message with its read-back", answer)
    again = asked_of_us(nodes)
    bench.command(
        "answer a message with its read-back",
        f"parley answer {again[0]} {again[1]} ROGER -f zone=Z1 -f activity=hot",
    )
    bench.console("send a notice with a zone", notice)
    bench.command(
        "send a notice with a zone",
        "parley say --line L1 --to RUS --type zone.notice -f zone=Z2 -f window=09:00Z/12:00Z",
    )
    bench.console("log a call", call)
    bench.command("log a call", "parley call L1 --with RUS --began '2 min ago' --subject air")


def zones_and_units(bench: Bench) -> None:
    """Say that a zone is hot; find who was not told."""
    hand, page = bench.hand, bench.hand.page

    def activate() -> None:
        page.keyboard.press("/")
        page.keyboard.type("South")
        page.keyboard.press("Enter")
        hand.press('.zone-card [data-act="hot"]')
        hand.press("dialog[open] .kit-do")
        no_dialog(page)

    def untold() -> None:
        page.keyboard.press("z")
        expect(page.locator(".hot-pane")).to_be_visible()

    bench.console("activate a zone", activate)
    bench.command("activate a zone", "parley zone Z2 hot")
    bench.console("find who was not told", untold)
    bench.command("find who was not told", "parley unit")


def line_and_record(bench: Bench, folder: Path) -> None:
    """Suspend, resume, verify."""
    hand, page, coal = bench.hand, bench.hand.page, bench.nodes["COAL"]

    def declare(word: str, wanted: str) -> None:
        page.keyboard.press("i")
        hand.press(f'.line-acts [data-act="{word}"]')
        if word == "suspend":
            hand.check("dialog[open] dialog[open] fieldset input")
            hand.fill("dialog[open] dialog[open] input:not([type=radio])", "storm")
        hand.press("dialog[open] dialog[open] .kit-do")

        def stands() -> bool:
            sides = coal.get("/api/lines")[0]["sides"]
            return next(s for s in sides if s["party"] == "COAL")["agreement"] == wanted

        until(stands)
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        no_dialog(page)

    def verify() -> None:
        hand.press(".evidence-badge")
        page.wait_for_selector(".evidence-intact, .evidence-partial", timeout=30_000)

    bench.console("suspend the line at once", lambda: declare("suspend", "suspended"))
    bench.console("resume after an outage", lambda: declare("resume", "in force"))
    bench.command(
        "suspend the line at once",
        "parley line L1 --declare suspended --at-once --reason storm",
    )
    bench.command("resume after an outage", "parley line L1 --declare 'in force'")
    bench.console("verify the record", verify)
    pack, address = folder / "p.zip", coal.url
    bench.command(
        "verify the record", f"parley log export {address} -o {pack}", f"parley verify {pack}"
    )
    assert newest(coal, "zone.notice")


def main() -> None:
    with tempfile.TemporaryDirectory() as name, chromium_running() as browser:
        folder = Path(name)
        files = make_pair(folder, sign_in=False, agreement=lively_agreement())
        with running(files) as nodes:
            fill(nodes)
            opened = open_console(browser, nodes["COAL"].url, size=(1280, 900))
            opened.page.wait_for_selector(".map-room[data-loaded=true]", timeout=30_000)
            opened.page.locator(".brand").click()
            bench = Bench(nodes, Counting(opened.page))
            messages(bench)
            zones_and_units(bench)
            line_and_record(bench, folder)
            opened.close()
    print(f"load {os.getloadavg()[0]:.1f}")
    print(f"{'task':<38}{'by':<14}{'keys':>6}{'s':>8}{'s at 4 keys/s':>16}")
    for what, how, keys, took_s in sorted(bench.rows, key=lambda each: each[1], reverse=True):
        print(f"{what:<38}{how:<14}{keys:>6}{took_s:>8.1f}{took_s + keys / KEYS_PER_S:>16.1f}")


if __name__ == "__main__":
    main()
