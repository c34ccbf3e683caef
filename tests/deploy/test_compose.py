"""docker-compose.yml: it parses, holds no secret, gives each service its own key, and waits for what it needs."""

import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.docker.make_secrets import make
from deploy.docker.serve import SERVICES

ROOT = Path(__file__).resolve().parents[2]


def program(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"{name} is not installed here")
    return found


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
        assert {key for key in keys if ".public." in key} == {f"{name}.public.pem" for name in (*SERVICES, "operator")}
        assert compose["services"][service]["environment"]["PATRON_SERVICE"] == service


def test_services_wait_for_a_healthy_database_and_broker_and_run_without_rights(compose):
    for service in SERVICES:
        made = compose["services"][service]
        assert {name: how["condition"] for name, how in made["depends_on"].items()} == {
            "postgres": "service_healthy",
            "kafka": "service_healthy",
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
            assert "${PATRON_DATABASE_PASSWORD:?" in line, line
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


def test_a_database_is_made_for_each_service(compose):
    script = (ROOT / "deploy/docker/create-databases.sh").read_text()
    line = next(line for line in script.splitlines() if line.startswith("for service in"))
    assert set(SERVICES) <= set(line.replace(";", " ").split())
    for service in SERVICES:
        url = compose["services"][service]["environment"]["PATRON_DATABASE_URL"]
        assert url.endswith(f"@postgres/patron_{service}")


def test_every_variable_is_one_that_the_service_reads(compose):
    from services.gateway.settings import Settings

    read = {f"PATRON_{name.upper()}" for name in Settings.model_fields}
    assert set(compose["services"]["gateway"]["environment"]) <= read
    for service in SERVICES:
        assert set(compose["services"][service]["environment"]) <= read
