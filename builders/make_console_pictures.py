"""Takes the pictures of docs/console.md from a running world of two nodes, in a real browser.

    python builders/make_console_pictures.py            writes docs/pictures/console-*.png

Wants a built console (builders/build_console.py), Debian's chromium and the test requirements. The
pictures are looked at by people and compared by nobody: aircraft move while they are taken.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOP), str(TOP / "src"), str(TOP / "tests")]

from app.consolebrowser import Opened, chromium_running, open_console  # noqa: E402  after the path
from app.consoleworld import Flying, flights, lively  # noqa: E402  the same

PICTURES = TOP / "docs" / "pictures"
SIZE = (1280, 800)
PICTURE_BYTES_MAX = 250_000
_ALERT_WITHIN_S = 240.0
_SETTLE_S = 2.5
_FIRST_S = 10.0
"""Until a map that was just opened is drawn by a machine without graphics."""


def take(opened: Opened, name: str) -> None:
    """Write one picture.

    Raises:
        SystemExit: it is larger than a page of docs should carry.
    """
    file = PICTURES / f"console-{name}.png"
    opened.page.screenshot(path=str(file))
    size = file.stat().st_size
    sys.stdout.write(f"{file.relative_to(TOP)}: {size} bytes\n")
    if size > PICTURE_BYTES_MAX:
        raise SystemExit(f"{file.name} is larger than {PICTURE_BYTES_MAX} bytes")


def main() -> None:
    """Take all pictures."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    with (
        chromium_running() as browser,
        tempfile.TemporaryDirectory() as folder,
        lively(Path(folder), fly=False) as nodes,
        Flying(nodes, flights()),
    ):
        coal = nodes["COAL"]
        opened = open_console(browser, coal.url, size=SIZE)
        row = opened.page.locator(".alerts-row").first
        row.wait_for(timeout=_ALERT_WITHIN_S * 1000)
        opened.page.keyboard.press("j")
        time.sleep(_SETTLE_S)
        take(opened, "watch")
        arabic = open_console(browser, coal.url, language="ar", scheme="light", size=SIZE)
        time.sleep(_FIRST_S)
        take(arabic, "ar")
        arabic.close()
        coal.process.send_signal(signal.SIGSTOP)
        try:
            opened.page.wait_for_selector(".stale-banner")
            time.sleep(_SETTLE_S)
            take(opened, "not-live")
        finally:
            coal.process.send_signal(signal.SIGCONT)
        opened.close()


if __name__ == "__main__":
    main()
