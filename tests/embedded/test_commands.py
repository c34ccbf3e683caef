"""The `patron` command on stand-ins: up and down, status in words and JSON, parked, tokens, backup and restore."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from deploy.embedded import EmbeddedPostgres
from deploy.embedded.databases import ServiceDatabases, database_of
from deploy.embedded.keys import OPERATOR, ensure_keys
from deploy.embedded.ports import free_port
from deploy.embedded.service import SERVICES
from deploy.operator import operator_token
from shared.chassis.access.tokens import Verifier
from shared.jobs import CREATE_JOB_TABLE
from shared.messaging.epochs import new_epoch, number_of
from tests.shared.messaging.world import make_tables

Query = Callable[[str, str], object]
ERASURE_TABLES = Path(__file__).resolve().parents[2] / "shared" / "migrations" / "2026_11_28_erasure.sql"
ANN, ERASURE = UUID("01890000-0000-7000-8000-000000000001"), UUID("01890000-0000-7000-8000-0000000000e1")


def patron(
    *arguments: str, env: dict[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.cli", *arguments]
    return subprocess.run(
        command, env=os.environ | (env or {}), capture_output=True, text=True, timeout=timeout, check=False
    )


def test_up_status_parked_down(data_dir: Path, stand_ins: dict[str, str], tmp_path: Path) -> None:
    data = ("--data", str(data_dir))
    up = patron("up", "--detach", "--no-demo", "--port", str(free_port()), *data, env=stand_ins)
    try:
        assert up.returncode == 0, up.stderr
        assert "Patron runs." in up.stdout
        again = patron("up", "--no-demo", *data, env=stand_ins)
        assert again.returncode == 1
        assert "already runs" in again.stderr

        in_words = patron("status", *data)
        assert "tiering has 1 parked events" in in_words.stdout
        assert "tiering went past 2 events" in in_words.stdout.replace("\n", " ")
        assert in_words.returncode == 1
        report = json.loads(patron("status", "--json", *data).stdout)
        assert report["parts"] == {"postgres": True, "broker": True}
        assert report["services"]["loyalty"]["lag"] == {"patron.intake": 7}
        assert [problem.partition(" ")[0] for problem in report["problems"]] == ["tiering"], "a hole alone is none"

        assert "42" in patron("parked", "list", *data).stdout
        assert patron("parked", "retry", "42", *data).returncode == 0
        assert "No parked event" in patron("parked", "drop", "43", "--yes", *data).stderr
        assert patron("topics", *data).returncode == 0
        assert "already runs" in patron("backup", str(tmp_path / "b.tar"), *data).stderr
    finally:
        down = patron("down", *data)
    assert down.stdout.strip().endswith("stopped")
    assert patron("status", *data).returncode == 1
    assert json.loads(patron("status", "--json", *data).stdout)["phase"] == "stopped"


def test_the_operators_token_is_one_the_services_accept(tmp_path: Path) -> None:
    ensure_keys(tmp_path, [OPERATOR])
    actor = Verifier("tiering", tmp_path).verify(operator_token(tmp_path, "tiering"))
    assert actor.scopes == {"internal", "ops"}


def test_a_backup_comes_back_with_a_new_epoch(data_dir: Path, tmp_path: Path, query: Query) -> None:
    postgres = EmbeddedPostgres(data_dir)
    postgres.start()
    ensure_keys(data_dir / "keys", SERVICES)
    for service in SERVICES:
        postgres.create_database(database_of(service))
        asyncio.run(make_tables(postgres.url(database_of(service))))
        for statement in f"{CREATE_JOB_TABLE}\n\n{ERASURE_TABLES.read_text()}".split(";\n"):
            query(postgres.url(database_of(service)), statement)
    loyalty = postgres.url(database_of("loyalty"))
    query(loyalty, "INSERT INTO stream_head VALUES ('patron.loyalty', 'c-1', 4, uuidv7(), now())")
    epoch = query(loyalty, "SELECT epoch FROM stream_epoch")
    key = (data_dir / "keys" / "loyalty.private.pem").read_bytes()
    part = data_dir / "files" / "profile" / ("0" * 32) / ("1" * 32)
    part.parent.mkdir(parents=True)
    part.write_bytes(b"kind,name")
    postgres.stop()

    file = tmp_path / "patron.tar"
    taken = patron("backup", str(file), "--data", str(data_dir))
    assert taken.returncode == 0, taken.stderr
    assert file.stat().st_mode & 0o077 == 0, "it holds personal data and keys"
    assert "exists already" in patron("backup", str(file), "--data", str(data_dir)).stderr

    postgres.start()
    loyalty = postgres.url(database_of("loyalty"))
    query(loyalty, "UPDATE stream_head SET seq = 9")
    tiering = postgres.url(database_of("tiering"))  # a subscriber of loyalty's, which has lived twice since
    query(tiering, f"INSERT INTO stream_seen VALUES ('patron.loyalty', 'c-1', '{new_epoch(3)}', 9)")
    query(tiering, f"INSERT INTO erased_customer VALUES ('{ANN}', '{ERASURE}', NULL, now(), now())")
    postgres.stop()
    (data_dir / "keys" / "loyalty.private.pem").write_bytes(b"lost")
    part.unlink()
    younger = part.with_name("2" * 32)
    younger.write_bytes(b"of a file that the backup does not know")

    back = patron("restore", str(file), "--yes", "--data", str(data_dir))
    assert back.returncode == 0, back.stderr
    postgres.start()
    loyalty = postgres.url(database_of("loyalty"))
    assert query(loyalty, "SELECT seq FROM stream_head") == 4
    assert query(loyalty, "SELECT epoch FROM stream_epoch") != epoch
    assert number_of(UUID(str(query(loyalty, "SELECT epoch FROM stream_epoch")))) == 4, (
        "beyond what any of them had seen"
    )
    assert query(loyalty, "SELECT seq FROM epoch_head") == 4
    assert not [name for name in postgres.databases() if name.endswith("_restored")]
    for service in SERVICES:  # the backup is older than the erasure, which only one of them had heard of
        url = postgres.url(database_of(service))
        assert query(url, f"SELECT erasure_id FROM erased_customer WHERE customer_id = '{ANN}'") == ERASURE, service
        assert query(url, "SELECT params ->> 'customer_id' FROM job WHERE kind = 'erasure'") == str(ANN), service
    ServiceDatabases(postgres).ensure(SERVICES)
    as_the_service = ServiceDatabases(postgres).url("loyalty")
    assert query(as_the_service, "UPDATE stream_head SET seq = 5 RETURNING seq") == 5
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        query(f"{as_the_service.rpartition('/')[0]}/{database_of('profile')}", "SELECT 1")
    postgres.stop()
    assert (data_dir / "keys" / "loyalty.private.pem").read_bytes() == key
    assert part.read_bytes() == b"kind,name"
    assert younger.exists(), "swept by profile, which knows that no row names it"


def test_a_file_that_is_no_backup_is_refused(data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "holiday.jpg"
    file.write_bytes(b"\xff\xd8\xff" * 100)
    refused = patron("restore", str(file), "--yes", "--data", str(data_dir))
    assert refused.returncode == 1
    assert "is not a backup" in refused.stderr
    assert not (data_dir / "postgres").exists(), "nothing was touched"
