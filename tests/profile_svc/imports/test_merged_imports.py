"""P12: an import by either id of a merged customer changes the root's own file, as a hand does; undone losslessly."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.profile_svc.imports.importing import Importer, counted
from tests.profile_svc.merging import merged, opened, read, undone

SERVICE = "profile"


@pytest.fixture
def importer(client: httpx.AsyncClient, app: FastAPI, as_role: Callable[..., dict[str, str]]) -> Importer:
    return Importer(client, app, as_role("admin"))


async def two(client: httpx.AsyncClient) -> tuple[str, str, dict[str, Any]]:
    """A root without an industry, and an absorbed customer with one."""
    root = await opened(client, "Acme", region="east")
    absorbed = await opened(client, "Acme Ltd", industry="tea", region="west")
    return root, absorbed, await merged(client, root, absorbed)


def lines(*rows: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


@pytest.mark.parametrize("by", ["root", "absorbed"])
async def test_P12_a_row_of_either_id_changes_the_roots_own_file(
    client: httpx.AsyncClient, importer: Importer, by: str
) -> None:
    root, absorbed, merge = await two(client)
    row = {"id": root if by == "root" else absorbed, "kind": "organisation", "industry": "coffee", "region": "east"}
    imported = await importer.run(lines(row), format="ndjson", on_existing="update")
    assert counted(imported) == {"updated": 1}
    shown = await read(client, absorbed)
    assert (shown["id"], shown["industry"], shown["region"]) == (root, "coffee", "east")
    again = await importer.run(lines(row), format="ndjson", on_existing="update")
    assert counted(again) == {"unchanged": 1}
    assert (await undone(client, root, merge)).status_code == 204
    files = [await read(client, customer) for customer in (root, absorbed)]
    assert [(file.get("industry"), file["region"]) for file in files] == [("coffee", "east"), ("tea", "west")]


async def test_P12_two_rows_of_one_customer_add_up(client: httpx.AsyncClient, importer: Importer) -> None:
    root, absorbed, _ = await two(client)
    rows = lines(
        {"id": root, "kind": "organisation", "industry": "coffee"},
        {"id": absorbed, "kind": "organisation", "region": "north"},
    )
    assert counted(await importer.run(rows, format="ndjson", on_existing="update")) == {"updated": 2}
    shown = await read(client, root)
    assert (shown["industry"], shown["region"]) == ("coffee", "north")


async def test_P12_such_an_import_is_undone_without_a_trace(client: httpx.AsyncClient, importer: Importer) -> None:
    root, absorbed, _ = await two(client)
    before = await read(client, root)
    row = {"id": absorbed, "kind": "organisation", "industry": None, "region": "north"}
    imported = await importer.run(lines(row), format="ndjson", on_existing="update")
    shown = await read(client, root)
    assert ("industry" in shown, shown["region"]) == (False, "north")
    path = f"/v1/customer-imports/{imported['id']}/reversal"
    assert (await client.post(path, headers=importer.headers)).is_success
    await importer.work()
    after = await read(client, root)
    assert {name: after.get(name) for name in ("industry", "region", "names")} == {
        name: before[name] for name in ("industry", "region", "names")
    }


@pytest.mark.parametrize(("on_existing", "outcome"), [("skip", "skipped"), ("refuse", "refused")])
async def test_P12_a_merged_customer_is_left_alone_as_any_other(
    client: httpx.AsyncClient, importer: Importer, on_existing: str, outcome: str
) -> None:
    root, absorbed, _ = await two(client)
    before = await read(client, root)
    row = {"id": absorbed, "kind": "organisation", "industry": "coffee"}
    assert counted(await importer.run(lines(row), format="ndjson", on_existing=on_existing)) == {outcome: 1}
    assert await read(client, root) == before
