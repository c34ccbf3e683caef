"""Arguments that can not be meant: one sentence that says so, no traceback, nothing started."""

from pathlib import Path

import pytest

from tests.embedded.test_commands import patron


@pytest.mark.parametrize("port", ["0", "-1", "70000", "x"])
@pytest.mark.parametrize("detach", [[], ["--detach"]])
def test_a_port_that_is_none(tmp_path: Path, port: str, detach: list[str]) -> None:
    refused = patron("up", "--no-demo", "--port", port, "--data", str(tmp_path / "new"), *detach, timeout=10)
    assert refused.returncode == 2
    assert "--port" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("detach", [[], ["--detach"]])
@pytest.mark.parametrize("place", ["/proc/x", "/proc", "a-file", "a-file/below"])
def test_a_place_where_no_directory_can_be(tmp_path: Path, place: str, detach: list[str]) -> None:
    (tmp_path / "a-file").write_text("mine")
    data = tmp_path / place  # an absolute path stays as it is
    refused = patron("up", "--no-demo", "--data", str(data), *detach, timeout=10)
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert f"{data} can not be the data directory" in refused.stderr
    assert (tmp_path / "a-file").read_text() == "mine"


@pytest.mark.parametrize("customers", ["0", "-5", "many"])
def test_a_demo_of_nobody(tmp_path: Path, customers: str) -> None:
    refused = patron("demo", "--customers", customers, "--data", str(tmp_path), timeout=10)
    assert refused.returncode == 2
    assert "--customers" in refused.stderr
    assert not list(tmp_path.iterdir())
