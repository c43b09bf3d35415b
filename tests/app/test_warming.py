"""While a node compiles it says so, shows nothing, and obeys; a study says so too."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.twonodes import WEB, environment, free_port, make_pair
from parley.app.http import WebServer
from parley.app.kernel_cache import COMPILING, VARIABLE, is_kept
from parley.app.warming import say_if_cold, warmed_or_stopped
from parley.world.faults import InputFault


async def _warmed(warm, *, stopped: bool = False) -> bool:
    stop = asyncio.Event()
    if stopped:
        asyncio.get_running_loop().call_later(0.05, stop.set)
    return await warmed_or_stopped(warm, stop)


def test_what_is_compiled_is_waited_for() -> None:
    done = []
    assert asyncio.run(_warmed(lambda: done.append(1)))
    assert done == [1]


def test_what_the_compiler_raises_is_raised() -> None:
    def broken() -> None:
        raise InputFault("kernel", value="not compiled", wanted="a compiler that works")

    with pytest.raises(InputFault):
        asyncio.run(_warmed(broken))


def test_a_stop_does_not_wait_for_the_compiler() -> None:
    """It would hang here, and fail by the time limit, if the end of the loop waited for it."""
    release, ended = threading.Event(), threading.Event()

    def slow() -> None:
        release.wait()
        ended.set()

    try:
        assert not asyncio.run(_warmed(slow, stopped=True))
        assert not ended.is_set()
    finally:
        release.set()
    assert ended.wait(60), "what ends after the loop is closed fails nowhere"


# ---- whether it is cold -------------------------------------------------------------------------


def test_a_kernel_is_kept_if_it_was_compiled_from_this_source(tmp_path) -> None:
    folder = tmp_path / "detect"
    folder.mkdir()
    source = folder / "k.py"
    source.write_text("import numba")
    (tmp_path / "cache").mkdir()
    place = {VARIABLE: str(tmp_path / "cache")}
    assert not is_kept("k.f", environment=place, folder=folder)
    from numba.core.caching import _CacheLocator

    kept = tmp_path / "cache" / _CacheLocator.get_suitable_cache_subpath(str(source))
    kept.mkdir()
    (kept / "k.f-12.py311.nbi").write_bytes(b"")
    assert is_kept("k.f", environment=place, folder=folder)
    assert not is_kept("k.f", "k.g", environment=place, folder=folder)
    assert not is_kept("k.f", environment={}, folder=folder)
    later_s = source.stat().st_mtime + 10
    os.utime(source, (later_s, later_s))
    assert not is_kept("k.f", environment=place, folder=folder), "numba would compile it again"


def test_after_a_start_nothing_is_said_and_before_it_is(capsys, monkeypatch, tmp_path) -> None:
    """With the kernels that are truly compiled, so that their names here cannot grow old."""
    from parley.app.startup import warm_kernels

    warm_kernels()
    say_if_cold("COAL")
    assert capsys.readouterr().err == ""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    say_if_cold("COAL")
    assert capsys.readouterr().err == f"node COAL: not ready: {COMPILING}\n"


# ---- what is shown meanwhile --------------------------------------------------------------------


def test_nothing_is_shown_by_a_node_that_is_not_ready() -> None:
    async def asked() -> list[tuple[int, str]]:
        async def page(_request):
            return PlainTextResponse("No alerts")

        web = WebServer([Route("/", page)], "127.0.0.1", 0)
        serving = asyncio.create_task(web.serve())
        found = []
        for waits_for in ("compiling", ""):
            web.guard.waits_for = waits_for
            reply = await asyncio.to_thread(WEB.get, f"http://127.0.0.1:{web.port}/")
            found.append((reply.status_code, reply.text))
        web.stop()
        await serving
        return found

    (before, said), after = asyncio.run(asked())
    assert before == 503
    assert "not ready: compiling" in said
    assert "No alerts" not in said
    assert after == (200, "No alerts")


def test_a_cold_node_says_it_compiles_answers_503_and_obeys_at_once(tmp_path) -> None:
    """A true process with an empty folder of kernels; compiling takes it far longer than this."""
    file, port = make_pair(tmp_path, tracks=True)["COAL"], free_port()
    file.write_text(file.read_text().replace('"127.0.0.1:0"', f'"127.0.0.1:{port}"'))
    file.write_text(file.read_text().replace("port = 0", f"port = {port}"))
    (tmp_path / "cold").mkdir()
    node = subprocess.Popen(
        [sys.executable, "-m", "parley", "node", "run", str(file)],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        env=environment() | {VARIABLE: str(tmp_path / "cold")},
    )  # fmt: skip
    try:
        assert node.stderr is not None
        assert node.stderr.readline() == f"node COAL: not ready: {COMPILING}\n"
        reply = WEB.get(f"http://127.0.0.1:{port}/api/alerts", timeout=20)
        assert reply.status_code == 503
        assert "compiling" in reply.json()["value"]
        node.terminate()
        assert node.wait(timeout=60) == 0
        assert "peers on" not in node.stderr.read(), "it never said ready"
    finally:
        if node.poll() is None:
            node.kill()
            node.wait()
