"""Where compiled kernels are kept: a folder that is named by the digest of all kernel sources.

numba keeps compiled code beside each source file and compiles again when that one file changes. A
kernel that calls another in a second file would go on with the old one, after an upgrade for
example: a fault that is corrected would stay in use. Here another set of sources has another
folder. And whether a kernel is kept, so that whoever waits for the compiler is told before.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping, MutableMapping
from importlib.metadata import version
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"
FOLDERS_KEPT = 3
COMPILING = "compiling kernels, once after an install; it may take a minute or two"
_KERNELS = Path(__file__).resolve().parents[1] / "detect"


def kernel_digest(folder: Path = _KERNELS) -> str:
    """Return the digest of all sources with kernels and of the compiler's version, 16 hex digits.

    A kernel can call nothing but kernels, and a file with one names the compiler.
    """
    digest = hashlib.sha256(f"numba {version('numba')}\n".encode())
    for source in sorted(folder.glob("*.py")):
        data = source.read_bytes()
        if b"numba" in data:
            digest.update(f"{source.name} {len(data)}\n".encode() + data)
    return digest.hexdigest()[:16]


def keep_kernels(
    environment: MutableMapping[str, str] | None = None, root: Path | None = None
) -> Path | None:
    """Let numba keep what it compiles in the folder of these sources; return it.

    Must be called before numba is imported; child processes inherit it. What the environment says
    already holds. None: no folder can be written, and numba keeps it where it would.

    Args:
        environment: in which the folder is set; the process's own.
        root: in which folder; the user's cache.
    """
    environment = os.environ if environment is None else environment
    if environment.get(VARIABLE):
        return Path(environment[VARIABLE])
    if root is None:
        home = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        root = Path(home) / "parley" / "kernels"
    folder = root / kernel_digest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The newest are kept: a release beside another one is used by turns.
        os.utime(folder)
        if not os.access(folder, os.W_OK):
            return None
        known = sorted(root.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True)
        for old in known[FOLDERS_KEPT:]:
            shutil.rmtree(old, ignore_errors=True)
    except (OSError, RuntimeError):
        return None
    environment[VARIABLE] = str(folder)
    return folder


def is_kept(
    *kernels: str, environment: Mapping[str, str] | None = None, folder: Path = _KERNELS
) -> bool:
    """Return whether each of these kernels was compiled before, and its source is no newer.

    Nothing is imported for the answer, and nothing follows from it but words: numba itself looks
    at the source's time and length and at the processor, and compiles where they are others.

    Args:
        kernels: "module.function", those that call the others: they are compiled last.
        environment: says where they are kept; the process's own.
        folder: of the sources.

    >>> is_kept("live_kernel.no_such_function")
    False
    """
    where = (os.environ if environment is None else environment).get(VARIABLE)
    kept = folder / "__pycache__"
    if where:
        # As numba names it: one folder for each folder of sources.
        digest = hashlib.sha1(str(folder).encode(), usedforsecurity=False).hexdigest()
        kept = Path(where) / f"{folder.name}_{digest}"
    return all(_is_newer(kept, kernel, folder) for kernel in kernels)


def _is_newer(kept: Path, kernel: str, folder: Path) -> bool:
    source = folder / f"{kernel.partition('.')[0]}.py"
    try:
        times = [index.stat().st_mtime for index in kept.glob(f"{kernel}-*.nbi")]
        return bool(times) and max(times) >= source.stat().st_mtime
    except OSError:
        return False
