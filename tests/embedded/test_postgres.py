"""The launcher of PostgreSQL: starts, keeps data over kill -9, runs unprivileged, lives beside others."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from deploy.embedded import EmbeddedPostgres, StartFailed, scratch_data_dir
from deploy.embedded import postgres as launcher

Query = Callable[[str, str], object]


def python_for_others() -> str | None:
    """An interpreter of this version that an ordinary user may run."""
    same = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    for candidate in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            subprocess.run([candidate, "-c", same], user=65534, group=65534, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return candidate
    return None


def test_it_starts_keeps_its_port_and_its_data(data_dir: Path, query: Query) -> None:
    postgres = EmbeddedPostgres(data_dir)
    postgres.start()
    first_port = postgres.port
    postgres.create_database("kept")
    query(postgres.url("kept"), "CREATE TABLE note AS SELECT 'still here' AS text")
    postgres.stop()
    assert not postgres.running

    postgres.start()
    assert postgres.port == first_port
    assert query(postgres.url("kept"), "SELECT text FROM note") == "still here"
    postgres.stop()


def test_kill_9_loses_nothing_committed(data_dir: Path, query: Query) -> None:
    postgres = EmbeddedPostgres(data_dir)
    postgres.start()
    query(postgres.url("postgres"), "CREATE TABLE note AS SELECT generate_series(1, 1000) AS n")
    postgres.kill()
    postgres.start()
    assert query(postgres.url("postgres"), "SELECT count(*) FROM note") == 1000
    postgres.stop()


def test_a_server_that_outlived_its_supervisor_is_replaced(data_dir: Path, query: Query) -> None:
    abandoned = EmbeddedPostgres(data_dir)
    abandoned.start()
    query(abandoned.url("postgres"), "CREATE TABLE note AS SELECT 1 AS n")
    pid = abandoned.pid
    fresh = EmbeddedPostgres(data_dir)
    fresh.start()
    assert fresh.pid != pid
    assert query(fresh.url("postgres"), "SELECT n FROM note") == 1
    fresh.stop()
    abandoned.stop()


def test_a_stale_pid_file_naming_somebody_else_is_ignored(data_dir: Path) -> None:
    postgres = EmbeddedPostgres(data_dir)
    postgres.start()
    pid_file = data_dir / "postgres" / "cluster" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    postgres.kill()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    postgres.start()
    assert postgres.running
    postgres.stop()


def test_durability_and_chinese_trigrams(data_dir: Path, query: Query) -> None:
    postgres = EmbeddedPostgres(data_dir)
    postgres.start()
    url = postgres.url("postgres")
    assert query(url, "SELECT current_setting('fsync') || current_setting('synchronous_commit')") == "onon"
    query(url, "CREATE EXTENSION pg_trgm")
    assert query(url, "SELECT cardinality(show_trgm('客户经理'))") == 5
    postgres.stop()


def test_the_password_is_private_and_needed(data_dir: Path, query: Query) -> None:
    postgres = EmbeddedPostgres(data_dir)
    postgres.start()
    assert (data_dir / "postgres" / "password").stat().st_mode & 0o077 == 0
    wrong = postgres.url("postgres").replace(postgres.password, "guess")
    with pytest.raises(Exception, match="password authentication failed"):
        query(wrong, "SELECT 1")
    postgres.stop()


def test_two_run_at_once(data_dir: Path, query: Query) -> None:
    with scratch_data_dir() as other_dir:
        first, other = EmbeddedPostgres(data_dir), EmbeddedPostgres(other_dir)
        first.start()
        other.start()
        assert first.port != other.port
        assert query(first.url("postgres"), "SELECT 1") == query(other.url("postgres"), "SELECT 1")
        first.stop()
        other.stop()


def test_a_database_from_a_template(data_dir: Path, query: Query) -> None:
    postgres = EmbeddedPostgres(data_dir)
    postgres.start()
    postgres.create_database("template")
    query(postgres.url("template"), "CREATE TABLE note AS SELECT 7 AS n")
    postgres.create_database("copy", template="template")
    assert query(postgres.url("copy"), "SELECT n FROM note") == 7
    postgres.drop_database("copy")
    assert "copy" not in postgres.databases()
    postgres.stop()


def test_a_failing_start_shows_the_end_of_the_log(data_dir: Path) -> None:
    postgres = EmbeddedPostgres(data_dir, settings={"no_such_setting": "1"})
    with pytest.raises(StartFailed, match="no_such_setting"):
        postgres.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
class TestAsRoot:
    def test_the_server_is_not_root(self, data_dir: Path) -> None:
        postgres = EmbeddedPostgres(data_dir)
        postgres.start()
        assert postgres.pid is not None
        assert psutil.Process(postgres.pid).uids().effective != 0
        assert (data_dir / "postgres" / "cluster").stat().st_uid != 0
        postgres.stop()

    def test_closed_folders_stay_closed(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, query: Query
    ) -> None:
        """Programs and data under a folder like /root, which nobody else may enter."""
        closed = Path(tempfile.mkdtemp(prefix="patron-closed-"))  # 0700
        package = launcher._pginstall().parent
        shutil.copytree(package, closed / "site" / package.name, symlinks=True)
        shutil.copytree(package.with_name(f"{package.name}.libs"), closed / "site" / f"{package.name}.libs")
        monkeypatch.setattr(launcher, "_pginstall", lambda: closed / "site" / package.name / "pginstall")
        postgres = EmbeddedPostgres(closed / "data")
        try:
            postgres.start()
            assert query(postgres.url("postgres"), "SELECT 1") == 1
            assert closed.stat().st_mode & 0o777 == 0o700
            assert (closed / "data" / "postgres").is_symlink()
            postgres.stop()
            again = EmbeddedPostgres(closed / "data")
            again.start()
            assert query(again.url("postgres"), "SELECT 1") == 1
            again.stop()
        finally:
            postgres.remove()
            shutil.rmtree(closed)
        assert not (closed / "data" / "postgres").exists()

    def test_an_ordinary_user_needs_no_root(self, data_dir: Path) -> None:
        """The same launcher in a process of an ordinary user."""
        program = (
            "import sys; from deploy.embedded import EmbeddedPostgres; p = EmbeddedPostgres(sys.argv[1]); p.start();"
            "print(p.client('psql', '-d', 'postgres', '-AtXc', 'SELECT 41 + 1')); p.stop()"
        )
        os.chown(data_dir, 65534, 65534)
        python = python_for_others()
        if python is None:
            pytest.skip("every Python of this version lies where another user cannot reach it")
        site = str(launcher._pginstall().parents[1])
        done = subprocess.run(
            [python, "-c", program, str(data_dir)],
            user=65534,
            group=65534,
            extra_groups=[],
            capture_output=True,
            text=True,
            env={"PYTHONPATH": f"{os.getcwd()}:{site}", "HOME": str(data_dir), "PATH": os.environ["PATH"]},
            check=False,
        )
        assert done.stdout.strip() == "42", done.stderr


def test_a_crash_of_the_whole_group_leaves_no_process(data_dir: Path) -> None:
    postgres = EmbeddedPostgres(data_dir)
    postgres.start()
    assert postgres.pid is not None
    children = psutil.Process(postgres.pid).children()
    os.kill(postgres.pid, signal.SIGKILL)
    gone, alive = psutil.wait_procs(children, timeout=10)
    assert len(gone) == len(children)
    assert not alive
