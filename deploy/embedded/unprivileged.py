"""PostgreSQL refuses to run as root: as root we drop to `nobody`, who must be able to reach its programs and data."""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.failures import StartFailed

# Reachable by everyone, writable by root only, and kept across reboots.
SHARED_HOME = Path("/var/lib/patron")


@dataclass(frozen=True)
class Account:
    """Who runs Postgres: nobody when we are root, else ourselves (None: no change of user)."""

    uid: int | None = None
    gid: int | None = None

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def postgres_account(cluster: Path) -> Account:
    """Ourselves; as root the owner of the cluster, which may have been made by an ordinary user, else nobody."""
    if os.geteuid() != 0:
        return Account()
    if cluster.exists() and cluster.stat().st_uid != 0:
        return Account(cluster.stat().st_uid, cluster.stat().st_gid)
    try:
        entry = pwd.getpwnam("nobody")
        account = Account(entry.pw_uid, entry.pw_gid)
    except KeyError:
        account = Account(65534, 65534)
    try:
        subprocess.run(["/bin/sh", "-c", ":"], check=True, user=account.uid, group=account.gid, extra_groups=[])
    except PermissionError as error:
        raise StartFailed(
            "PostgreSQL does not run as root, and this root may not change to another user "
            "(a container without SETUID?). Run Patron as an ordinary user."
        ) from error
    return account


def reachable(path: Path, account: Account) -> bool:
    """Can the account walk down to this path? Parents are only looked at, never changed."""
    if account.uid is None:
        return True
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


def programs_for(account: Account, pginstall: Path, version: str) -> Path:
    """The PostgreSQL installation the account can run: the wheel's own, or a copy when the wheel lies in a closed
    folder such as /root."""
    server = pginstall / "bin" / "postgres"
    if reachable(server, account) and (account.uid is None or server.stat().st_mode & stat.S_IXOTH):
        return pginstall
    copy = SHARED_HOME / f"postgresql-{version}"
    if not copy.exists():
        _copy_package(pginstall.parent, copy)
    return copy / pginstall.parent.name / pginstall.name


def _copy_package(package: Path, copy: Path) -> None:
    """Copied beside and renamed: two starts at once never see half a copy."""
    unfinished = _folder_in_shared_home("copy-")
    try:
        shutil.copytree(package, unfinished / package.name, symlinks=True)
        # the wheel's shared libraries are a neighbour, found by a relative path
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        # whatever umask the wheel was installed under
        for path in (unfinished, *unfinished.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        unfinished.rename(copy)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        if not copy.exists():
            raise StartFailed(f"Could not copy PostgreSQL to {copy}: {error}") from error


def home_for(account: Account, wanted: Path) -> Path:
    """The folder that holds the cluster: `<data>/postgres`, or, when the account cannot reach it, a folder in
    /var/lib/patron with a link to it in its place."""
    if wanted.is_symlink():
        home = wanted.resolve()
        home.mkdir(mode=0o700, exist_ok=True)
    elif wanted.exists() or reachable(wanted, account):
        home = wanted
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    else:
        home = _folder_in_shared_home(f"data-{wanted.parent.name.strip('.')}-")
        wanted.parent.mkdir(parents=True, exist_ok=True)
        wanted.symlink_to(home)
    if not any(home.iterdir()):
        account.own(home)
    return home


def _folder_in_shared_home(prefix: str) -> Path:
    if not SHARED_HOME.exists():
        SHARED_HOME.mkdir(parents=True)
        SHARED_HOME.chmod(0o755)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=SHARED_HOME))
