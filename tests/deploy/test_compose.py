"""docker-compose.yml: it parses, holds no secret, gives each service its own key, and waits for what it needs."""

import asyncio
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import yaml

from deploy.docker.make_secrets import IMAGE_USER, make
from deploy.docker.serve import INTERNAL_PORT, PORT, SERVICES
from deploy.embedded import EmbeddedPostgres, scratch_data_dir
from shared.chassis.connections.settings import ConnectionSettings
from shared.chassis.server.command import read_settings
from tests import harness

ROOT = Path(__file__).resolve().parents[2]


def program(name: str) -> str:
    program = shutil.which(name, path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip(f"{name} is not installed here")
    return program


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return parsed


def test_compose_accepts_the_file_with_the_secrets_that_make_secrets_writes(tmp_path):
    file = make(tmp_path / "secrets")
    command = [program("docker-compose"), "--env-file", str(file), "config", "--quiet"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_compose_refuses_to_start_without_secrets(tmp_path):
    nothing = tmp_path / "empty.env"
    nothing.touch()
    command = [program("docker-compose"), "--env-file", str(nothing), "config", "--quiet"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})
    assert done.returncode != 0
    assert "make_secrets" in done.stderr


def test_the_file_fits_the_compose_schema():
    command = [program("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_service_has_its_own_private_key_and_everybodys_public_one(compose):
    for service in SERVICES:
        keys = set(compose["services"][service]["secrets"])
        assert {key for key in keys if ".private." in key} == {f"{service}.private.pem"}
        assert {key for key in keys if ".public." in key} == {
            f"{name}.public.pem" for name in (*SERVICES, "operator", "kafka.ca")
        }
        assert compose["services"][service]["environment"]["PATRON_SERVICE"] == service


def test_services_wait_for_a_healthy_database_and_broker_and_run_without_rights(compose):
    for service in SERVICES:
        made = compose["services"][service]
        assert {name: how["condition"] for name, how in made["depends_on"].items()} == {
            "postgres": "service_healthy",
            "kafka": "service_healthy",
            "kafka-setup": "service_completed_successfully",
        }
        assert made["cap_drop"] == ["ALL"]
        assert made["read_only"] is True
    for part in ("postgres", "kafka", "prometheus"):
        assert compose["services"][part]["healthcheck"]["test"]


def test_only_the_gateway_and_prometheus_are_reached_from_outside_and_only_from_this_machine(compose):
    published = {name: part["ports"] for name, part in compose["services"].items() if "ports" in part}
    assert set(published) == {"gateway", "prometheus"}
    assert all("127.0.0.1" in port for ports in published.values() for port in ports)
    assert compose["networks"]["inside"]["internal"] is True


def test_no_secret_is_in_the_file_and_no_image_floats():
    text = (ROOT / "docker-compose.yml").read_text()
    for line in text.splitlines():
        if "PASSWORD" in line:
            assert re.search(r"\$\{PATRON_(DATABASE|KAFKA)_PASSWORD(_[A-Z]+)*:\?", line), line
    for image in re.findall(r"^\s+image: (\S+)", text, re.MULTILINE):
        assert re.search(r":[\w.${}:-]*\d", image), image
        assert not image.endswith(":latest")


def test_secrets_are_made_once_and_are_for_the_owner_only(tmp_path):
    file = make(tmp_path / "secrets")
    first = file.read_text()
    assert make(tmp_path / "secrets").read_text() == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    private = list((tmp_path / "secrets" / "keys").glob("*.private.pem"))
    assert {path.name.partition(".")[0] for path in private} == {*SERVICES, "operator"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in private)


def values_in(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


@pytest.mark.parametrize(("uid", "gid"), [(0, 0), (1000, 0), (1000, 1000)])
def test_no_container_runs_as_root_whoever_makes_the_secrets(tmp_path, monkeypatch, uid, gid):
    """The defect: made by root, the containers were root."""
    owners: dict[str, tuple[int, int]] = {}
    monkeypatch.setattr(os, "chown", lambda path, *owner: owners.update({Path(path).name: owner}))
    values = values_in(make(tmp_path / "secrets", uid, gid))
    assert int(values["PATRON_UID"]) > 0
    assert int(values["PATRON_GID"]) > 0
    if uid == 0:  # the image's own account, which must be able to read the keys that only their owner may read
        assert values["PATRON_UID"] == "10001"
        mounted = {f"{service}.private.pem" for service in SERVICES}
        assert {name: owners[name] for name in mounted} == dict.fromkeys(mounted, (10001, 10001))
    else:
        assert values["PATRON_UID"] == str(uid)
        assert not owners


def test_secrets_made_by_root_before_lose_their_root(tmp_path):
    file = make(tmp_path / "secrets")
    before = values_in(file)
    file.write_text(
        file.read_text().replace(f"PATRON_UID={before['PATRON_UID']}", "PATRON_UID=0") + "PATRON_LISTEN=x\n"
    )
    assert values_in(make(tmp_path / "secrets")) == before | {"PATRON_LISTEN": "x"}


def test_the_users_id_is_the_images(compose):
    dockerfile = (ROOT / "deploy/docker/Dockerfile").read_text()
    assert f"--uid {IMAGE_USER}" in dockerfile
    assert f"--gid {IMAGE_USER}" in dockerfile
    for service in SERVICES:
        assert compose["services"][service]["user"].startswith("${PATRON_UID:?")


def test_each_service_has_a_role_and_a_password_of_its_own_and_another_for_its_tables_owner(compose, tmp_path):
    values = values_in(make(tmp_path / "secrets"))
    passwords = {name: value for name, value in values.items() if name.startswith("PATRON_DATABASE_PASSWORD")}
    assert len(set(passwords.values())) == len(passwords) == 2 * len(SERVICES) + 1
    server = compose["services"]["postgres"]["environment"]
    for service in SERVICES:
        environment = compose["services"][service]["environment"]
        name = f"PATRON_DATABASE_PASSWORD_{service.upper()}"
        for variable, role, password in (
            ("PATRON_DATABASE_URL", f"patron_{service}", name),
            ("PATRON_MIGRATION_DATABASE_URL", f"patron_{service}_owner", f"{name}_OWNER"),
        ):
            url = environment[variable]
            assert url.startswith(f"postgresql://{role}:${{{password}:?")
            assert url.endswith(f"@postgres/patron_{service}")
            assert server[password].startswith(f"${{{password}:?")


def test_the_databases_script_gives_each_role_its_own_database_and_nothing_else(tmp_path):
    passwords = {
        f"PATRON_DATABASE_PASSWORD_{role.upper()}": f"it's {role}"
        for service in SERVICES
        for role in (service, f"{service}_owner")
    }
    with scratch_data_dir() as folder:
        postgres = EmbeddedPostgres(folder)
        postgres.start()
        programs = postgres.programs
        server = {"PGHOST": "127.0.0.1", "PGPORT": str(postgres.port), "PGPASSWORD": postgres.password}
        environment = os.environ | server | passwords | {"POSTGRES_USER": "patron"}
        environment["PATH"] = f"{programs}:{environment['PATH']}"
        script = ["sh", str(ROOT / "deploy/docker/create-databases.sh")]
        done = subprocess.run(script, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert asyncio.run(reach(postgres.port, passwords)) == {
            (f"{service}{role}", database): database == f"patron_{service}"
            for service in SERVICES
            for role in ("", "_owner")
            for database in [*(f"patron_{other}" for other in SERVICES), "postgres"]
        }
        postgres.stop()


async def reach(port: int, passwords: dict[str, str]) -> dict[tuple[str, str], bool]:
    """Which role gets into which database; where it does, the owner makes tables, the other none; no superuser."""
    reached = {}
    make_table = "create extension pg_trgm; create extension btree_gist; create table t (a int)"
    for role in [role for service in SERVICES for role in (service, f"{service}_owner")]:
        for database in [*(f"patron_{other}" for other in SERVICES), "postgres"]:
            password = passwords[f"PATRON_DATABASE_PASSWORD_{role.upper()}"]
            try:
                connection = await asyncpg.connect(
                    host="127.0.0.1", port=port, user=f"patron_{role}", password=password, database=database
                )
            except asyncpg.InsufficientPrivilegeError:
                reached[role, database] = False
                continue
            reached[role, database] = True
            if role.endswith("_owner"):
                await connection.execute(make_table)
            else:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(make_table)
            assert await connection.fetchval("select rolsuper from pg_roles where rolname = current_user") is False
            await connection.close()
    return reached


def test_every_variable_is_one_that_the_service_reads(compose):
    for service in SERVICES:
        fields = [*harness.part_of(service, "settings").Settings.model_fields, *ConnectionSettings.model_fields]
        read = {f"PATRON_{name.upper()}" for name in fields}
        assert set(compose["services"][service]["environment"]) - read == set(), service


def test_internal_addresses_are_at_the_internal_port_that_nothing_publishes(compose):
    environment = compose["services"]["loyalty"]["environment"]
    internal = json.loads(environment["PATRON_INTERNAL_SERVICES"])
    assert internal == {service: f"http://{service}:{INTERNAL_PORT}" for service in SERVICES}
    assert json.loads(environment["PATRON_SERVICES"]) == {service: f"http://{service}:{PORT}" for service in SERVICES}
    for part in compose["services"].values():
        assert not any(port.endswith(f":{INTERNAL_PORT}") for port in part.get("ports", []))


def test_what_compose_gives_a_service_lets_it_start(compose, tmp_path, monkeypatch):
    """Its environment and its secrets, as the containers get them, by the checks of a start."""
    values = values_in(make(tmp_path / "secrets"))
    for name in [name for name in os.environ if name.startswith("PATRON_")]:
        monkeypatch.delenv(name)
    for service in SERVICES:
        mounted = tmp_path / service
        mounted.mkdir(mode=0o700)
        for secret in compose["services"][service]["secrets"]:
            shutil.copy(tmp_path / "secrets" / "keys" / secret, mounted / secret)
        with monkeypatch.context() as patch:
            for name, value in compose["services"][service]["environment"].items():
                if value is not None:
                    filled = re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda m: values.get(m[1], m[2] or ""), value)
                    patch.setenv(name, filled)
            patch.setenv("PATRON_KEYS", str(mounted))
            settings, faults = read_settings(harness.part_of(service, "settings").Settings)
        assert settings is not None
        assert (service, faults) == (service, [])
