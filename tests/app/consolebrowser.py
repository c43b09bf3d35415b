"""A real browser for the tests of the console: Debian's chromium, and what it asked and said."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from parley.app.console_files import console_folder

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip
WITHOUT_GRAPHICS = ["--disable-gpu", "--disable-3d-apis", *(f for f in FLAGS if "gl" not in f)]
"""For what is not the map: it says that it cannot be drawn, and software graphics cost nothing."""
WAIT_MS = 60_000
"""How long anything is waited for: two busy cores may hold a page or its node up for seconds."""
expect.set_options(timeout=WAIT_MS)


@contextlib.contextmanager
def chromium_running(flags=FLAGS):
    """Give a browser; skip by name where there is none, or no console to show."""
    if not CHROMIUM.exists():
        pytest.skip("no chromium; as root run: apt-get update && apt-get install -y chromium")
    if not (console_folder() / "index.html").is_file():
        pytest.skip("the console is not built; run builders/build_console.py")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=list(flags))
        yield browser
        browser.close()


@dataclass
class Opened:
    """A page with everything that it asked for and complained of."""

    page: Page
    url: str
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def outside(self) -> list[str]:
        """Return what was asked of anybody but this node."""
        own = (self.url, self.url.replace("http://", "ws://"), "data:", "blob:")
        return [each for each in self.asked if not each.startswith(own)]

    def close(self) -> None:
        self.page.context.close()


def open_console(
    browser: Browser,
    url: str,
    *,
    language: str = "en",
    scheme: str = "dark",
    size: tuple[int, int] = (1440, 900),
    motion: str = "reduce",
    query: str = "",
    script: str = "",
) -> Opened:
    """Open the console of a node and wait until it shows a view of it.

    `script`: runs in the page before its own.
    """
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        reduced_motion=motion,
        timezone_id="Asia/Damascus",
        locale={"en": "en-GB", "ru": "ru-RU", "ar": "ar-SY"}[language],
    )
    if script:
        context.add_init_script(script)
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    opened = Opened(page=page, url=url)
    page.on("request", lambda request: opened.asked.append(request.url))
    page.on("websocket", lambda socket: opened.asked.append(socket.url))
    page.on("console", lambda message: opened.said.append(message.text))
    page.on("pageerror", lambda error: opened.said.append(str(error)))
    page.goto(f"{url}/console/?lang={language}{query}")
    live(page)
    return opened


def live(page: Page) -> None:
    """Wait until the page hears its node.

    Where both share two cores with others, either may stand for more than the three seconds after
    which a page says that it is not live: what is true only of a live page is looked at after this.
    """
    page.wait_for_selector(".screen[data-heard=true]", timeout=WAIT_MS)


def wait_until(page: Page, script: str, arg: Any = None, *, timeout_ms: float = WAIT_MS) -> None:
    """Wait until a script of the page gives something true.

    Playwright's own `wait_for_function` asks again from within the page, by `eval`: the console's
    policy forbids that, so it fails where its first look comes too early.
    """
    until_s = time.monotonic() + timeout_ms / 1000
    while not page.evaluate(script, arg):
        if time.monotonic() > until_s:
            raise AssertionError(f"not within {timeout_ms:.0f} ms: {script} with {arg!r}")
        page.wait_for_timeout(50)
