"""The system user that Postgres runs as: Postgres refuses to run as root.

An ordinary user runs it as themselves. Root hands it to the user `keepsake`, made when missing, or
to `nobody`. Where that user may not pass through the folders to the program or the data (a checkout
under /root, a private data folder), the child alone keeps the right to do so (CAP_DAC_OVERRIDE, as
an ambient capability): nobody's folders change their mode.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.words import say

NAME = "keepsake"
_USERS = Path("/etc/passwd")
_PR_SET_PDEATHSIG, _PR_SET_KEEPCAPS, _PR_CAP_AMBIENT = 1, 8, 47
_PR_SET_SECUREBITS, _PR_CAP_AMBIENT_RAISE = 28, 2
# Else access(2), with which Postgres looks at its own program, forgets the capability.
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True)
class OsUser:
    """A system user to become, and whether folders that are closed to it must open."""

    name: str
    uid: int
    gid: int
    passes_closed_folders: bool = False


def for_postgres(data: Path, *needed: Path) -> OsUser | None:
    """Who runs Postgres on `data` and must reach the paths `needed`; None is the present user."""
    if os.geteuid() != 0:
        return None
    entry = _owner(data) or _existing() or _made() or pwd.getpwnam("nobody")
    closed = not all(_reaches(entry, path) for path in (data.parent, *needed))
    return OsUser(entry.pw_name, entry.pw_uid, entry.pw_gid, closed and sys.platform == "linux")


def become(user: OsUser | None, orphan_signal: signal.Signals) -> Callable[[], None]:
    """What a new child does before it runs its program: change the user, be told if we die."""
    launcher = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def prepare() -> None:
        if user is not None:
            if libc is not None and user.passes_closed_folders:
                libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
                libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
            os.setgroups([])
            os.setgid(user.gid)
            os.setuid(user.uid)
            if libc is not None and user.passes_closed_folders:
                _keep_capability(libc)
        if libc is not None:  # after setuid, which clears it
            libc.prctl(_PR_SET_PDEATHSIG, int(orphan_signal), 0, 0, 0)
            if os.getppid() != launcher:
                os._exit(1)

    return prepare


def _keep_capability(libc: ctypes.CDLL) -> None:
    bit = 1 << _CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    # effective, permitted, inheritable; the second three are capabilities 32 and up
    sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    if libc.capset(ctypes.byref(header), ctypes.byref(sets)) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    if libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "ambient capability")


def _owner(data: Path) -> pwd.struct_passwd | None:
    """The owner of an existing data folder: Postgres runs as no one else."""
    try:
        uid = data.stat().st_uid
        return pwd.getpwuid(uid) if uid != 0 else None
    except (FileNotFoundError, KeyError):
        return None


def _existing() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        return None


def _made() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        return None
    command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
    # Two that start together would both make it, and the later one with another number.
    with _USERS.open() as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        if (entry := _existing()) is not None:
            return entry
        say(f"Postgres does not run as root: making the system user '{NAME}' for it.")
        subprocess.run(command, capture_output=True, check=False)
        return _existing()


def _reaches(entry: pwd.struct_passwd, path: Path) -> bool:
    """Whether this user may pass each folder to `path` and read and run what is there."""
    real = path.resolve()
    folders_open = all(_allows(entry, parent, stat.S_IXOTH) for parent in real.parents)
    return folders_open and _allows(entry, real, stat.S_IXOTH | stat.S_IROTH)


def _allows(entry: pwd.struct_passwd, path: Path, wanted: int) -> bool:
    info = path.stat()
    if info.st_uid == entry.pw_uid:
        wanted <<= 6
    elif info.st_gid == entry.pw_gid:
        wanted <<= 3
    return info.st_mode & wanted == wanted
