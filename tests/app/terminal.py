"""A terminal for the tests of the watch: types, reads the screen, counts the bytes that it cost."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from app.twonodes import Running, until
from parley.app.client import Client
from parley.app.watch_model import Watch
from parley.app.watch_screen import Desk, Screen


class _Wire:
    """What leaves for the terminal: counted, and the bell by itself."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.size_bytes = 0
        self.bells = 0

    def write(self, text: str) -> None:
        self.size_bytes += len(text.encode())
        self.bells += text.count("\a")

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError("no file")


class Terminal:
    """One watch on a screen of its own."""

    def __init__(self, screen: Screen, wire: _Wire, keys) -> None:
        self.screen, self.wire, self._keys = screen, wire, keys

    def type(self, text: str) -> None:
        self._keys.send_text(text)

    def enter(self, text: str) -> None:
        self._keys.send_text(text + "\r")

    def rows(self) -> list[str]:
        shown = self.screen.app.renderer.last_rendered_screen
        if shown is None:
            return []
        rows = []
        for y in range(shown.height):
            row = shown.data_buffer[y]
            rows.append("".join(row[x].char for x in range(100)).rstrip())
        return rows

    def text(self) -> str:
        return "\n".join(self.rows())

    def shows(self, words: str, within_s: float = 60.0) -> str:
        """Return the screen once it shows some words."""
        try:
            until(lambda: words in self.text(), within_s)
        except AssertionError:
            raise AssertionError(f"{words!r} is not on the screen:\n{self.text()}") from None
        return self.text()


@contextlib.contextmanager
def watching(
    node: Running, *, post: str = "duty-officer", look_only: bool = False, refresh_s: float = 1.0
) -> Iterator[Terminal]:
    """Give a terminal that watches a node; the watch ends with the block."""
    wire = _Wire()
    made: dict[str, Terminal] = {}
    ready = threading.Event()

    def run(keys) -> None:
        async def work() -> None:
            output = Vt100_Output(wire, lambda: Size(rows=40, columns=100), term="xterm")
            with create_app_session(input=keys, output=output):
                client = Client(node.url, node.token_file)
                screen = Screen(Desk(client, Watch(post=post), look_only=look_only), refresh_s)
                made["terminal"] = Terminal(screen, wire, keys)
                follow = threading.Thread(target=screen.desk.follow, daemon=True)
                follow.start()
                ready.set()
                await screen.app.run_async(handle_sigint=False)
                screen.desk.stop()

        asyncio.run(work())

    with create_pipe_input() as keys:
        thread = threading.Thread(target=run, args=(keys,), daemon=True)
        thread.start()
        assert ready.wait(60)
        terminal = made["terminal"]
        try:
            yield terminal
        finally:
            if terminal.screen.app.is_running:
                keys.send_text("\x03q\r")
            thread.join(10)
