"""A workspace that cannot be written to: read where nobody can change it, else refused in words."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.store import Store
from experiments.store._mounts import is_read_only
from tests.experiments.driving import ROOT
from tests.experiments.small_study import add_study, small_study

UNSHARE = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--mount"]
CLI = f"{sys.executable} -m experiments.cli"
FROZEN = "mount -t tmpfs none {at}; cp -r {home}/. {at}; mount -o remount,ro {at}; "
BOUND = "mount --bind {home} {at}; mount -o remount,bind,ro {at}; "
ADD = (
    "from experiments.store import Store\\n"
    "from tests.experiments.small_study import add_study, small_study\\n"
    "with Store.open('{at}/store.sqlite', create=False) as store: add_study(store, small_study())"
)


@pytest.fixture
def home(tmp_path) -> Path:
    """Return a workspace with one study."""
    with Store.open(tmp_path / "home" / "store.sqlite") as store:
        add_study(store, small_study())
    return tmp_path / "home"


def mounted(home: Path, mounts: str, script: str) -> subprocess.CompletedProcess:
    """Run a script in mounts of its own, with the workspace in a place that is read-only."""
    allowed = shutil.which("unshare") and subprocess.run([*UNSHARE, "true"], check=False)
    if not allowed or allowed.returncode:
        pytest.skip("this machine lets nobody have mounts of their own")
    at = home.parent / "mounted"
    at.mkdir(exist_ok=True)
    return subprocess.run(
        [*UNSHARE, "sh", "-ec", f"{mounts}{script}".format(home=home, at=at)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_nobody_can_change_is_read(home):
    """On a file system that is read-only as a whole; nothing is left beside the database."""
    done = mounted(home, FROZEN, f"{CLI} status --home {{at}} --json; ls {{at}} >&2")
    assert done.returncode == 0, done.stderr
    (study,) = json.loads(done.stdout)["studies"]
    assert (study["label"], study["name"]) == ("S001", "small")
    assert done.stderr == "store.sqlite\n"
    done = mounted(home, FROZEN, f"{CLI} front S001 --home {{at}}")
    assert "No design has been evaluated yet" in done.stdout


def test_what_nobody_can_change_is_not_written_to(home):
    """A write says so, and ends."""
    done = mounted(home, FROZEN, f'printf "{ADD}" | {sys.executable} -')
    assert done.returncode != 0
    assert "store.sqlite may not be written to" in done.stderr


def test_what_somebody_else_may_change_is_refused_with_the_way_out(home):
    """A mount that is read-only hides who writes through another: object, rule, what to do."""
    done = mounted(home, BOUND, f"{CLI} status --home {{at}}")
    assert (done.returncode, done.stdout) == (6, "")
    assert "store.sqlite cannot be read, since nothing can be written in" in done.stderr
    assert "SQLite notes who reads it" in done.stderr
    assert "Copy the whole workspace" in done.stderr


def test_a_log_that_holds_what_the_file_does_not_is_not_passed_over(home):
    """What was acknowledged stands there, so the file alone is not the answer."""
    more = "rm {at}/store.sqlite-shm; mkdir {at}/link; ln -s ../store.sqlite {at}/link/; mount -o"
    without_index = FROZEN.replace("mount -o", more)
    with Store.open(home / "store.sqlite") as store:
        add_study(store, small_study())
        assert (home / "store.sqlite-wal").stat().st_size
        done = mounted(home, without_index, f"{CLI} status --home {{at}}")
        whole = mounted(home, FROZEN, f"{CLI} status --home {{at}}")
        linked = mounted(home, without_index, f"{CLI} status --home {{at}}/link")
    assert (linked.returncode, linked.stdout) == (6, "")
    assert (done.returncode, done.stdout) == (6, "")
    assert "cannot be read, since nothing can be written in" in done.stderr
    assert whole.returncode == 0, whole.stderr
    assert "S002" in whole.stdout


@pytest.mark.parametrize(
    ("mounts", "is_frozen"),
    [
        ("7 1 8:0 / / rw - ext4 /dev/sda rw\n8 7 7:0 / /data ro - squashfs /dev/loop0 ro", True),
        ("7 1 8:0 / / rw - ext4 /dev/sda rw\n8 7 8:0 /a /data ro - ext4 /dev/sda rw", False),
        ("7 1 8:0 / / ro - ext4 /dev/sda ro\n8 7 0:9 / /data rw - tmpfs none rw", False),
        ("8 7 0:9 / /data ro shared:3 - fuse.bindfs /a ro", False),
        ("8 7 0:9 / /data ro - overlay none ro,lowerdir=/a", False),
        ("8 7 0:9 / /data ro - virtiofs host ro", False),
        ("8 7 0:9 / /data ro master:2 - tmpfs none ro,size=4k", True),
        ("", False),
    ],
)
def test_only_a_whole_file_system_of_this_machine_is_frozen(mounts, is_frozen):
    """Where a mount, a layer or a host below may change it, it is not."""
    assert is_read_only(Path("/data/home/store.sqlite"), mounts) is is_frozen
