"""A service that would not be safe says all that is wrong, each with what to change, and does not start."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.gateway.settings import Settings
from shared.chassis.server import start_checks
from shared.chassis.server.start_checks import find_faults
from tests import harness

ROOT = Path(__file__).resolve().parents[3]
URL = "postgresql://patron_gateway:a-secret@database.internal/patron_gateway"  # pragma: allowlist secret
OIDC = {"oidc_issuer": "https://id.example", "oidc_jwks_url": "https://id.example/keys"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Everybody's keys, closed as they are made."""
    return harness.Keys(tmp_path / "keys").directory


@pytest.fixture
def faults(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    for name in [name for name in os.environ if name.startswith(("PATRON_", "PGPASS"))]:
        monkeypatch.delenv(name)

    def find(**settings: Any) -> list[str]:
        given: dict[str, Any] = {"database_url": URL, "keys": folder} | settings
        return find_faults(Settings(**given))

    return find


@pytest.mark.parametrize(
    "settings",
    [
        {}, OIDC, {"dev_issuer": True},
        {"dev_issuer": True, "hosts": ["localhost"]},
        {"dev_issuer": True, "hosts": ["demo.example"], "dev_issuer_public": True},
        OIDC | {"hosts": ["patron.example"]}, OIDC | {"hosts": ["*"]},
        {"oidc_issuer": "http://localhost:8080/x", "oidc_jwks_url": "http://127.0.0.1:8080/keys"},
        {"database_url": "postgresql://patron@127.0.0.1:5432/x"}, {"database_url": "postgresql://patron@[::1]/x"},
        {"database_url": "postgresql:///x?host=/var/run/postgresql"},
        {"database_url": "postgresql://patron@database.internal/x?sslcert=/run/secrets/client.crt"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_safe_starts(faults: Callable[..., list[str]], settings: dict[str, Any]) -> None:
    assert faults(**settings) == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (OIDC | {"dev_issuer": True}, "PATRON_DEV_ISSUER=0"),
        (OIDC | {"oidc_jwks_url": "http://id.example/keys"}, "PATRON_OIDC_JWKS_URL is not https"),
        (OIDC | {"oidc_issuer": "http://id.example"}, "PATRON_OIDC_ISSUER is not https"),
        (OIDC | {"oidc_jwks_url": "http://127.0.0.1.attacker.example/k"}, "PATRON_OIDC_JWKS_URL is not https"),
        (OIDC | {"oidc_jwks_url": "ftp://localhost/k"}, "PATRON_OIDC_JWKS_URL is not https"),
        ({"dev_issuer": True, "hosts": ["demo.example"]}, "PATRON_DEV_ISSUER_PUBLIC=1"),
        ({"dev_issuer": True, "hosts": ["*"], "dev_issuer_public": True}, "Name the hosts"),
        ({"database_url": "postgresql://patron@database.internal/x"}, "has no password for database.internal"),
        ({"database_url": "what is this"}, "no address of a database"),
        ({"migration_database_url": "what is this"}, "PATRON_MIGRATION_DATABASE_URL is no address"),
        (
            {"migration_database_url": "postgresql://owner@database.internal/x"},
            "MIGRATION_DATABASE_URL has no password",
        ),
        ({"migration_database_url": URL}, "has to name another role"),
        ({"keys": Path("/nowhere/at/all")}, "is not there"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_not_safe_is_refused_with_what_to_change(
    faults: Callable[..., list[str]], settings: dict[str, Any], words: str
) -> None:
    (fault,) = faults(**settings)
    assert words in fault
    assert "a-secret" not in fault


def test_a_password_may_be_elsewhere(faults: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSFILE", "/run/secrets/pgpass")
    assert faults(database_url="postgresql://patron@database.internal/x") == []


@pytest.mark.parametrize("name", ["gateway.private.pem", "loyalty.public.pem", "gateway.public.pem", "bus.keys"])
def test_a_key_that_is_missing_is_named(faults: Callable[..., list[str]], folder: Path, name: str) -> None:
    (folder / name).unlink()
    (fault,) = faults()
    assert name in fault


def test_bus_keys_that_are_none_are_refused(faults: Callable[..., list[str]], folder: Path) -> None:
    (folder / "bus.keys").write_text('{"current": "k1", "keys": {"k1": "73656372657473"}}')
    (fault,) = faults()
    assert "bus.keys is no ring of bus keys" in fault
    assert "73656372" not in fault


@pytest.mark.parametrize(
    ("name", "mode", "words"),
    [
        ("gateway.private.pem", 0o644, "chmod 600"),
        ("gateway.private.pem", 0o640, "chmod 600"),
        ("gateway.private.pem", 0o604, "chmod 600"),
        ("operator.private.pem", 0o644, "chmod 600"),
        ("bus.keys", 0o640, "chmod 600"),
        ("loyalty.public.pem", 0o666, "chmod go-w"),
        ("loyalty.public.pem", 0o664, "chmod go-w"),
        (".", 0o755, "chmod 700"),
        (".", 0o777, "chmod 700"),
    ],
)
def test_keys_that_are_open_to_others_are_named(
    faults: Callable[..., list[str]], folder: Path, name: str, mode: int, words: str
) -> None:
    (folder / name).chmod(mode)
    (fault,) = faults()
    assert words in fault
    assert str(folder / name) in fault


def test_a_mounted_secret_of_another_owner_may_be_given_by_our_group(
    faults: Callable[..., list[str]], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Kubernetes mounts secrets: of root, mode 0440, the container's group, in a folder of root's."""
    for file in folder.iterdir():
        file.chmod(0o440)
    folder.chmod(0o755)
    assert faults()
    monkeypatch.setattr(start_checks.os, "geteuid", lambda: os.getuid() + 1)
    assert faults() == []
    (folder / "gateway.private.pem").chmod(0o444)
    assert ["can be read by others" in fault for fault in faults()] == [True]
    folder.chmod(0o777)
    assert any("Others may put keys" in fault for fault in faults())


def run_check(
    *, factory: str = "services.gateway.app:create_app", **variables: str
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PATRON_")}
    return subprocess.run(
        [sys.executable, "-m", "shared.chassis.server", factory, "--check"],
        env=kept | variables, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_all_that_is_wrong_is_said_at_once_and_without_a_stack_trace(folder: Path) -> None:
    (folder / "gateway.private.pem").chmod(0o644)
    refused = run_check(
        PATRON_DATABASE_URL="postgresql://patron@database.internal/x",
        PATRON_KEYS=str(folder),
        PATRON_DEV_ISSUER="1",
        PATRON_OIDC_ISSUER="http://id.example",
        PATRON_OIDC_JWKS_URL="http://id.example/keys",
    )
    assert (refused.returncode, refused.stdout) == (78, "")
    first, *rest = refused.stderr.splitlines()
    assert first == "services.gateway.app does not start:"
    assert len(rest) == 5
    assert all(line.startswith("- ") for line in rest)


def test_settings_that_can_not_be_read_are_named_without_what_they_hold() -> None:
    refused = run_check(PATRON_CURRENCY="hush-hush", PATRON_DATABASE_POOL="hush-hush", PATRON_KAFKA_USER="hush-hush")
    assert refused.returncode == 78
    assert "hush-hush" not in refused.stderr
    assert "Traceback" not in refused.stderr
    for name in ("PATRON_CURRENCY: ", "PATRON_DATABASE_POOL: ", "PATRON_DATABASE_URL: Field required."):
        assert name in refused.stderr
    refused = run_check(PATRON_DATABASE_URL=URL, PATRON_OIDC_ISSUER="https://id.example")
    assert (refused.returncode, "PATRON_OIDC_JWKS_URL" in refused.stderr) == (78, True)
    refused = run_check(PATRON_CONCURRENCY="hush-hush")
    assert "PATRON_CONCURRENCY: " in refused.stderr
    refused = run_check(PATRON_HOSTS="hush-hush")
    assert "PATRON_HOSTS is a list or a map and has to be written in JSON.\n" in refused.stderr


def test_settings_that_are_right_may_be_tried_without_starting(folder: Path) -> None:
    tried = run_check(PATRON_DATABASE_URL=URL, PATRON_KEYS=str(folder))
    assert (tried.returncode, tried.stdout, tried.stderr) == (0, "services.gateway.app may start.\n", "")


def test_a_service_that_is_not_safe_does_not_start(folder: Path) -> None:
    """The command without --check: it ends before anything listens, and before the database is asked."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PATRON_")}
    command = [sys.executable, "-m", "shared.chassis.server", "services.loyalty_svc.app:create_app", "--port", "1"]
    variables = {"PATRON_DATABASE_URL": "postgresql://patron@database.internal/x", "PATRON_KEYS": str(folder)}
    ended = subprocess.run(
        command, env=kept | variables, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (78, "")
    assert "has no password" in ended.stderr
