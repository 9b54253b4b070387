"""Will the machine do: processors, memory, terminal, and what earlier runs left behind."""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from experiments.diagnosis.finding import Finding, fine, warning
from experiments.executors.ray_cluster import OBJECT_STORE_BYTES, TEMP_ROOT, TOKEN_NAME
from experiments.processors import available_processors
from experiments.workspace import Workspace

LOW_MEMORY_BYTES = 1_500_000_000
"""Free memory below which a driver, Ray and two workers are tight, [-] (bytes)."""

STRAY_AFTER_S = 3600.0
"""Age from which an unfinished folder is nobody's work under way, [s]."""

SHOWN = "×·…"
"""Characters that tables and reports of the command line use."""

_PROC = Path("/proc")
_SHARED_MEMORY = Path("/dev/shm")


def _processors(workspace: Workspace) -> Finding:
    """Warn of more workers than processors; they only wait for each other."""
    n = available_processors()
    if workspace.workers is not None and workspace.workers > n:
        return warning(
            f"{workspace.workers} workers would share {n} processors.",
            f"Ask for at most {n} workers with --workers or FORMULATION_WORKERS.",
        )
    return fine(f"{n} processors may be used.")


def _memory(_: Workspace) -> Finding:
    """Ask the kernel what can still be had without swapping."""
    lines = (_PROC / "meminfo").read_text(encoding="ascii").splitlines()
    sizes = {line.partition(":")[0]: int(line.split()[1]) * 1024 for line in lines}
    free, total = sizes["MemAvailable"], sizes["MemTotal"]
    told = f"{free / 1e9:.1f} GB of {total / 1e9:.1f} GB memory are free"
    if free < LOW_MEMORY_BYTES:
        return warning(
            f"{told}; {LOW_MEMORY_BYTES / 1e9:.1f} GB are comfortable.",
            "Close other programs, or run with --executor inline.",
        )
    return fine(f"{told}.")


def _shared_memory(workspace: Workspace) -> Finding:
    """See that Ray finds room for evaluators and results where it is fast."""
    if workspace.executor != "ray":
        return fine(f"The executor {workspace.executor!r} needs no shared memory.")
    free = shutil.disk_usage(_SHARED_MEMORY).free
    told = f"{free / 1e6:,.0f} MB are free in {_SHARED_MEMORY}"
    if free < OBJECT_STORE_BYTES:
        return warning(
            f"{told}; Ray wants {OBJECT_STORE_BYTES / 1e6:,.0f} MB and would use the disk.",
            f"Enlarge {_SHARED_MEMORY} (for a container --shm-size=1g).",
        )
    return fine(f"{told}.")


def _terminal(_: Workspace) -> Finding:
    """See that the few characters beyond ASCII can be printed."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        SHOWN.encode(encoding)
    except UnicodeEncodeError:
        return warning(
            f"Output is encoded as {encoding}, which lacks characters that are printed.",
            "Set PYTHONUTF8=1, or a UTF-8 locale such as LANG=C.UTF-8.",
        )
    return fine(f"Output is encoded as {encoding}.")


def _leftovers(workspace: Workspace) -> Finding:
    """Look for folders of drivers that went down with the whole machine, so nobody tidied up."""
    stray = sorted(str(folder) for folder in (*_ray_folders(), *_unfinished(workspace)))
    if stray:
        more = f" and {len(stray) - 5} more" if len(stray) > 5 else ""
        return warning(
            f"Earlier runs left {len(stray)} temporary folders: {', '.join(stray[:5])}{more}.",
            "They may be deleted; no process uses them.",
        )
    return fine("Earlier runs left no temporary folders.")


MACHINE_CHECKS = (
    ("processors", _processors),
    ("memory", _memory),
    ("shared memory", _shared_memory),
    ("terminal", _terminal),
    ("leftovers", _leftovers),
)
"""Checks of the machine."""


def _ray_folders() -> Iterator[Path]:
    """Yield old folders of a Ray of ours that no process names."""
    commands = b"\n".join(_command_lines())
    for folder in TEMP_ROOT.glob("fr*"):
        ours = os.access(folder / TOKEN_NAME, os.R_OK) and folder.stat().st_uid == os.getuid()
        if ours and _is_old(folder) and os.fsencode(folder) not in commands:
            yield folder


def _unfinished(workspace: Workspace) -> Iterator[Path]:
    """Yield what was begun beside its place and never moved into it."""
    for place, pattern in ((workspace.home, ".new-*"), (workspace.models_folder, ".*-*")):
        yield from (p for p in place.glob(pattern) if p.is_dir() and _is_old(p))


def _is_old(folder: Path) -> bool:
    return time.time() - folder.stat().st_mtime > STRAY_AFTER_S


def _command_lines() -> Iterator[bytes]:
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                yield (entry / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue  # it ended, or is none of this user's
