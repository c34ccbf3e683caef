"""Files and imports in a small system, and one fault after the other: each is found by the invariant it breaks."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from deploy.verify.command import files_of
from deploy.verify.stored_bytes import file_location
from shared.files import open_store
from shared.files.writing import put_part
from tests.verify.conftest import Five

FILE, IMPORT, OTHER = (UUID(int=number) for number in (1, 2, 3))
CONTENT = (b"kind,name\n", b"person,Ada\n")
NAMES = {"file_parts", "file_bytes", "imports_counted"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    token = file_location.set(str(tmp_path))
    yield tmp_path
    file_location.reset(token)


@pytest.fixture
async def filed(five: Five, folder: Path) -> Five:
    store = open_store(str(folder), "profile")
    parts, at = [], 0
    for content in CONTENT:
        part, digest = await put_part(store, FILE, at, content)
        parts.append(f"('{FILE}', {at}, {part.size}, '\\x{digest.hex()}', '{part.key}')")
        at += part.size
    whole = hashlib.sha256(b"".join(CONTENT)).hexdigest()
    await five.run(
        "profile",
        f"""
        insert into stored_file (id, area, owner, size, received, sha256, state, created_at, completed_at, expires_at)
        values ('{FILE}', 'uploads', 'person:a', {at}, {at}, '\\x{whole}', 'ready', now(), now(), now() + '1 day');
        insert into stored_part (file_id, starts_at, size, sha256, key) values {", ".join(parts)};
        insert into customer_import (id, file_id, owner, dry_run, opened, refused, created_at, expires_at)
        values ('{IMPORT}', '{FILE}', 'person:a', true, 1, 1, now(), now() + '1 day');
        insert into import_row (import_id, row_number, outcome, code) values
            ('{IMPORT}', 2, 'opened', null), ('{IMPORT}', 3, 'refused', 'name_required');
        """,
    )
    return five


def bytes_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def broken(five: Five) -> set[str]:
    return await five.broken() & NAMES


async def test_files_with_all_their_bytes_are_sound(filed: Five):
    assert await broken(filed) == set()


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        ("delete from stored_part where starts_at = 0", {"file_parts"}),
        ("update stored_part set starts_at = starts_at + 1 where starts_at > 0", {"file_parts"}),
        ("update stored_part set size = size + 1 where starts_at > 0", {"file_parts", "file_bytes"}),
        ("update stored_file set received = 1, size = 1", {"file_parts"}),
        ("update stored_part set key = 'elsewhere' where starts_at = 0", {"file_bytes"}),
        ("update stored_part set sha256 = '\\x00' where starts_at = 0", {"file_bytes"}),
        ("delete from import_row where outcome = 'opened'", {"imports_counted"}),
        ("update customer_import set opened = 2", {"imports_counted"}),
    ],
)
async def test_each_fault_in_a_row_is_found(filed: Five, fault: str, codes: set[str]):
    await filed.run("profile", fault)
    assert await broken(filed) == codes


async def test_bytes_that_are_gone_or_others_are_found(filed: Five, folder: Path):
    first, second = bytes_in(folder)
    first.unlink()
    assert await broken(filed) == {"file_bytes"}
    first.write_bytes(CONTENT[0])
    content = second.read_bytes()
    second.write_bytes(content[::-1])
    assert await broken(filed) == {"file_bytes"}


async def test_old_bytes_without_a_part_are_found_and_young_ones_are_not(filed: Five, folder: Path):
    orphan = folder / "profile" / OTHER.hex / "part"
    orphan.parent.mkdir()
    orphan.write_bytes(b"x")
    assert await broken(filed) == set()
    os.utime(orphan, (0, 0))
    assert await broken(filed) == {"file_bytes"}


def test_where_files_lie_is_said_or_found(tmp_path: Path):
    assert files_of(tmp_path, {}) is None
    (tmp_path / "files").mkdir()
    assert files_of(tmp_path, {}) == str(tmp_path / "files")
    assert files_of(tmp_path, {"PATRON_FILES": "s3://bucket/x"}) == "s3://bucket/x"
