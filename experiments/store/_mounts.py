"""Which file systems are shared over a network, where SQLite's locks cannot be relied on.

And which nobody can write to as they are mounted, where there is nothing to lock.
"""

import re
from pathlib import Path, PurePosixPath

from formulation.errors import StoreError

NETWORK_TYPES = frozenset(
    "9p afs beegfs ceph cifs davfs davfs2 gcsfuse glusterfs gpfs juicefs lustre mfs ncpfs nfs nfs4 "
    "ocfs2 gfs2 orangefs pvfs2 rclone s3fs smb smb3 smbfs sshfs".split()
)
"""Types as the kernel names them, those of FUSE without their prefix."""

OWN_DISK_TYPES = frozenset(
    "squashfs erofs cramfs romfs iso9660 udf ext2 ext3 ext4 xfs btrfs f2fs vfat exfat tmpfs".split()
)
"""Types whose files change through their own mounts only, not under them."""

_MOUNTS = Path("/proc/mounts")
_MOUNTS_IN_FULL = Path("/proc/self/mountinfo")


def network_file_system(path: Path, mounts: str) -> str | None:
    r"""Return the type of the network file system a path lies on, if it does.

    Parameters
    ----------
    path : Path
        Absolute path without links, [-].
    mounts : str
        Text in the form of ``/proc/mounts``, [-].

    Returns
    -------
    str or None
        Type as the kernel names it; None on a local file system, [-].

    Examples
    --------
    >>> network_file_system(Path("/data/x"), "/dev/sda / ext4 rw 0 0\nsrv:/d /data nfs4 rw 0 0")
    'nfs4'
    """
    found, depth = "", -1
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = PurePosixPath(_unescaped(fields[1]))
        if path.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = fields[2], len(point.parts)
    return found if found.removeprefix("fuse.") in NETWORK_TYPES else None


def refuse_network(path: Path) -> None:
    """Refuse a place for the store on a network file system.

    Parameters
    ----------
    path : Path
        Where the database lies or would lie, [-].

    Raises
    ------
    StoreError
        The place is on a network file system, or this system does not tell.
    """
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise StoreError(
            f"{_MOUNTS} cannot be read ({error}), so whether {path} is on a local disk is unknown.",
            hint="The store needs Linux with /proc mounted.",
        ) from None
    kind = network_file_system(path.resolve(), mounts)
    if kind:
        raise StoreError(
            f"{path} is on a network file system ({kind}), where SQLite can lose data.",
            hint="Name a workspace on a local disk with --home or FORMULATION_HOME.",
        )


def is_read_only(path: Path, mounts: str) -> bool:
    r"""Tell whether a path lies on a file system that is read-only as a whole.

    That one mount of it is read-only says nothing: through another one somebody may write.

    Parameters
    ----------
    path : Path
        Absolute path without links, [-].
    mounts : str
        Text in the form of ``/proc/self/mountinfo``, [-].

    Returns
    -------
    bool
        True if nobody on this machine can change the file through any mount, [-].

    Examples
    --------
    >>> is_read_only(Path("/cd/x"), "7 1 7:0 / /cd ro - iso9660 /dev/sr0 ro")
    True
    >>> is_read_only(Path("/data/x"), "7 1 8:0 /a /data ro - ext4 /dev/sda rw")
    False
    """
    found, depth = False, -1
    for line in mounts.splitlines():
        mount, _, system = line.partition(" - ")
        fields, kind = mount.split(), system.split()
        if len(fields) < 6 or len(kind) < 3:
            continue
        point = PurePosixPath(_unescaped(fields[4]))
        if path.is_relative_to(point) and len(point.parts) >= depth:
            found = kind[0] in OWN_DISK_TYPES and "ro" in kind[2].split(",")
            depth = len(point.parts)
    return found


def nobody_writes(path: Path) -> bool:
    """Tell whether a file cannot change, as far as this system tells.

    Parameters
    ----------
    path : Path
        A file, [-].

    Returns
    -------
    bool
        False where that is not known, [-].
    """
    try:
        mounts = _MOUNTS_IN_FULL.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return False
    return is_read_only(path.resolve(), mounts)


def _unescaped(point: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), point)
