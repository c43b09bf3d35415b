"""What a node compiles before it says ready, without being deaf meanwhile: a stop is obeyed.

Seconds from the cache, a minute or two after an install. In a thread that the end of the process
does not wait for, because a compiler cannot be interrupted.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from typing import Any

from parley.app.kernel_cache import COMPILING, is_kept

KERNELS = ("live_kernel.conflicts_of_row", "track_motion_kernel.add_report")
"""What `startup.warm_kernels` compiles last, of either module."""


def say_if_cold(party: str) -> None:
    """Say on stderr that the compiler is waited for; nothing where all was compiled before."""
    if not is_kept(*KERNELS):
        sys.stderr.write(f"node {party}: not ready: {COMPILING}\n")
        sys.stderr.flush()


async def warmed_or_stopped(warm: Callable[[], None], stop: asyncio.Event) -> bool:
    """Return whether all is compiled; False: a stop came first, and the compiler is left alone.

    Args:
        warm: compiles; called in a thread of its own, and whatever it raises is raised here.
        stop: set once the node is to end.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def tell(error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def work() -> None:
        error: BaseException | None = None
        try:
            warm()
        except BaseException as raised:  # noqa: BLE001 - it is raised where it is waited for
            error = raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, error)

    threading.Thread(target=work, name="warm", daemon=True).start()
    stopped = asyncio.ensure_future(stop.wait())
    either: set[asyncio.Future[Any]] = {done, stopped}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
    if stop.is_set():
        done.cancel()
        return False
    done.result()
    return True
