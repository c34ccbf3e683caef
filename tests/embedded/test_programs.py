"""Before they run, PostgreSQL's and the broker's programs are compared with what was recorded of their wheels."""

import importlib.metadata
import json
import os
import tomllib
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from deploy.embedded import StartFailed, programs
from deploy.embedded.programs import check_programs, digest_of, hashes_in, is_run
from tools.program_digests import main as record_wheels
from tools.program_digests import read_wheel

ROOT = Path(__file__).resolve().parents[2]
TAG = "py3-none-imagined_1_x86_64"


class Package:
    """An installed wheel with one program, a library and a page that nobody runs."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self.info = site / "imagined-1.dist-info"
        self.info.mkdir(parents=True)
        self.files = {
            "imagined/bin/run": b"a program",
            "imagined/lib/x.so.5": b"a library",
            "imagined/doc/x.md": b"words",
        }
        for path, content in self.files.items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_bytes(content)
        (self.info / "METADATA").write_text("Metadata-Version: 2.1\nName: imagined\nVersion: 1\n")
        (self.info / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: {TAG}\nTag: py3-none-other\n")
        self.list_files()

    @property
    def program(self) -> Path:
        return self.site / "imagined/bin/run"

    def list_files(self) -> None:
        """Writes RECORD as an installer does."""
        rows = []
        for path in self.files:
            digest = urlsafe_b64encode(sha256((self.site / path).read_bytes()).digest()).decode().rstrip("=")
            rows.append(f"{path},sha256={digest},1")
        (self.info / "RECORD").write_text("\n".join([*rows, "imagined-1.dist-info/RECORD,,"]))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    made = Package(tmp_path / "site")
    installed = importlib.metadata.PathDistribution(made.info)
    monkeypatch.setattr(importlib.metadata, "distribution", lambda _: installed)
    recorded = tmp_path / "programs.json"
    digest = digest_of(hashes_in((made.info / "RECORD").read_text()))
    recorded.write_text(json.dumps({"imagined 1": {TAG: digest}}))
    monkeypatch.setattr(programs, "RECORDED", recorded)
    return made


def test_what_is_as_recorded_may_run(package: Package, tmp_path: Path) -> None:
    assert check_programs("imagined", tmp_path) is None


def test_a_changed_program_is_refused_by_its_name(package: Package, tmp_path: Path) -> None:
    assert check_programs("imagined", tmp_path) is None
    before = package.program.stat()
    package.program.write_bytes(b"an attack")  # of the same size, and as old as the one before
    os.utime(package.program, ns=(before.st_atime_ns, before.st_mtime_ns))
    for _ in range(2):
        with pytest.raises(StartFailed, match="bin/run is not what imagined 1 brought"):
            check_programs("imagined", tmp_path)
    package.program.unlink()
    with pytest.raises(StartFailed, match="bin/run is not what"):
        check_programs("imagined", tmp_path)


def test_a_changed_list_beside_a_changed_program_is_refused(package: Package, tmp_path: Path) -> None:
    package.program.write_bytes(b"an attack")
    package.list_files()
    with pytest.raises(StartFailed, match="not that of the wheel that the project recorded"):
        check_programs("imagined", tmp_path)
    (package.info / "RECORD").unlink()
    with pytest.raises(StartFailed, match="has no list of its files"):
        check_programs("imagined", tmp_path)


def test_a_platform_that_was_not_recorded_is_said_and_goes_by_its_own_list(package: Package, tmp_path: Path) -> None:
    programs.RECORDED.write_text("{}")
    note = check_programs("imagined", tmp_path)
    assert note is not None
    assert TAG in note
    package.program.write_bytes(b"an attack")
    with pytest.raises(StartFailed, match="bin/run"):
        check_programs("imagined", tmp_path)


def test_what_has_not_changed_is_not_read_again(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    read = programs._sha256

    def read_and_note(file: Path) -> str:
        reads.append(file.name)
        return read(file)

    monkeypatch.setattr(programs, "_sha256", read_and_note)
    check_programs("imagined", tmp_path)
    assert sorted(reads) == ["run", "x.so.5"]
    check_programs("imagined", tmp_path)
    assert len(reads) == 2
    package.program.write_bytes(package.program.read_bytes())
    check_programs("imagined", tmp_path)
    assert reads[2:] == ["run"]
    for spoilt in ("[]", "no json", '{"x": 1}'):
        (tmp_path / "imagined.checked.json").write_text(spoilt)
        assert check_programs("imagined", tmp_path) is None


def test_a_copy_is_checked_where_it_lies(package: Package, tmp_path: Path) -> None:
    copy = Package(tmp_path / "copy")
    assert check_programs("imagined", tmp_path, copy.site) is None
    copy.program.write_bytes(b"an attack")
    with pytest.raises(StartFailed, match="copy/imagined/bin/run"):
        check_programs("imagined", tmp_path, copy.site)


@pytest.mark.parametrize(
    ("path", "run"),
    [
        ("p/pginstall/bin/postgres", True), ("p.libs/libssl-1.so.3", True), ("p/lib/x.so", True),
        ("p/lib/x.dylib", True),
        ("p/share/extension/a.sql", True), ("p/share/postgres.bki", True), ("p/include/x.h", False),
        ("p-1.dist-info/RECORD", False), ("p/__init__.py", False), ("p/lib/libx.a", False),
    ],
)  # fmt: skip
def test_what_counts_as_run(path: str, run: bool) -> None:
    assert is_run(path) is run


def test_the_versions_that_the_project_asks_for_are_recorded(tmp_path: Path) -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["embedded"]
    recorded = json.loads(programs.RECORDED.read_text())
    assert {pin.replace("==", " ") for pin in wanted} == set(recorded)
    for pin in wanted:
        assert check_programs(pin.partition("==")[0], tmp_path) is None, "and this platform's wheel is one of them"
        assert len(recorded[pin.replace("==", " ")]) >= 4


def test_a_wheel_that_the_lock_does_not_know_is_not_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "imagined-1-py3-none-any.whl").write_bytes(b"not the one")
    monkeypatch.setattr("sys.argv", ["program_digests", str(tmp_path)])
    before = programs.RECORDED.read_text()
    assert record_wheels() == 1
    assert "not in requirements.lock" in capsys.readouterr().err
    assert programs.RECORDED.read_text() == before


def test_a_wheel_is_read_as_it_is_installed(tmp_path: Path) -> None:
    import zipfile

    made = Package(tmp_path / "site")
    wheel = tmp_path / "imagined-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in made.site.rglob("*"):
            archive.write(file, file.relative_to(made.site))
    name, tag, hashes = read_wheel(wheel)
    assert (name, tag) == ("imagined 1", TAG)
    assert set(hashes) == {"imagined/bin/run", "imagined/lib/x.so.5"}
