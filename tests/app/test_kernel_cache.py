"""Compiled kernels are kept under the digest of all kernel sources: old ones are never used."""

from __future__ import annotations

import os

from parley.app import kernel_cache
from parley.app.kernel_cache import FOLDERS_KEPT, VARIABLE, keep_kernels, kernel_digest


def sources(folder, **texts):
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def test_a_change_in_any_kernel_source_is_another_folder(tmp_path):
    folder = sources(tmp_path / "a", caller="import numba, called", called="import numba; f = 1")
    before = kernel_digest(folder)
    assert kernel_digest(folder) == before
    times = (folder / "caller.py").stat()
    sources(folder, called="import numba; f = 2")
    os.utime(folder / "called.py", (times.st_atime, times.st_mtime))
    assert kernel_digest(folder) != before, "the same length and the same time"
    sources(folder, called="import numba; f = 1", table="g = 1")
    assert kernel_digest(folder) == before


def test_it_is_set_once_and_what_the_environment_says_holds(tmp_path):
    environment: dict[str, str] = {}
    folder = keep_kernels(environment, tmp_path)
    assert folder == tmp_path / kernel_digest()
    assert environment == {VARIABLE: str(folder)}
    own = {VARIABLE: str(tmp_path / "own")}
    assert keep_kernels(own, tmp_path) == tmp_path / "own"
    assert not (tmp_path / "own").exists()


def test_the_oldest_go_and_these_stay(tmp_path):
    for number in range(FOLDERS_KEPT + 3):
        old = tmp_path / f"old{number}"
        old.mkdir()
        os.utime(old, (1_000 + number, 1_000 + number))
    folder = keep_kernels({}, tmp_path)
    kept = sorted(each.name for each in tmp_path.iterdir())
    assert len(kept) == FOLDERS_KEPT
    assert folder is not None
    assert folder.name in kept
    assert "old0" not in kept


def test_without_a_folder_numba_keeps_them_where_it_would(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    environment: dict[str, str] = {}
    assert keep_kernels(environment, blocked) is None
    assert environment == {}


def test_the_command_line_asks_for_it_before_anything_is_compiled():
    from parley.app.cli import main

    assert main.keep_kernels is kernel_cache.keep_kernels
    assert VARIABLE in os.environ
