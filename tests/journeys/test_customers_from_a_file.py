"""P12 from the door: a file is sent, imported by reference, ordered for under the same reference, exported again."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from tests.system import System

FILE = "kind,name,source,ref\norganisation,单氏贸易,demo,erp-1\norganisation,Crane & Co,demo,erp-2\n".encode()


async def until_done(system: System, path: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            imported: dict[str, Any] = (await system.gateway.get(path)).json()
            if imported["status"] not in ("waiting", "running"):
                return imported
            await asyncio.sleep(0.05)


async def test_P12_a_file_becomes_customers_whom_orders_find_by_their_reference(system: System) -> None:
    sent = await system.gateway.post("/v1/uploads", headers={"Upload-Length": str(len(FILE))})
    assert sent.status_code == 201, sent.text
    path = sent.headers["location"]
    offset = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    assert (await system.gateway.patch(path, content=FILE, headers=offset)).status_code == 204
    assert (await system.gateway.head(path)).headers["upload-offset"] == str(len(FILE))
    wanted = await system.gateway.post("/v1/customer-imports", json={"upload_id": path.rpartition("/")[2]})
    assert wanted.status_code == 202, wanted.text
    done = await until_done(system, wanted.headers["location"])
    assert (done["status"], done["rows"]["opened"]) == ("done", 2), done
    await system.settle()
    rows = (await system.gateway.get(f"{wanted.headers['location']}/rows")).json()["items"]
    order = {
        "order_id": "o-1", "customer": {"source": "demo", "ref": "erp-1"}, "placed_at": datetime.now(UTC).isoformat(),
        "currency": "USD", "channel": "web",
        "lines": [{"line": 1, "sku": "S", "category": "c", "quantity": 1, "amount": "10.00"}],
    }  # fmt: skip
    placed = await system.gateway.post("/v1/orders", json=order)
    assert placed.status_code == 202, placed.text
    assert placed.json()["customer_id"] == rows[0]["customer_id"]
    await system.settle()
    exported = await system.gateway.post("/v1/customer-exports", json={"fields": ["ref", "names"], "format": "ndjson"})
    imported = await until_done(system, exported.headers["location"])
    content = await system.gateway.get(imported["file"], headers={"Range": "bytes=0-0"})
    assert (content.status_code, content.content) == (206, b"{")
