"""Steps of tests about merges, over HTTP: files opened, merged, made two again, read."""

from collections.abc import Mapping
from typing import Any

import httpx


async def opened(client: httpx.AsyncClient, name: str, kind: str = "organisation", **facts: Any) -> str:
    answer = await client.post("/v1/customers", json={"kind": kind, "names": [{"name": name}], **facts})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def merged(client: httpx.AsyncClient, root: str, absorbed: str, **keep: str) -> dict[str, Any]:
    answer = await client.post(f"/v1/customers/{root}/merges", json={"absorbed": {"id": absorbed}, "keep": keep})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def undone(client: httpx.AsyncClient, customer: str, merge: Mapping[str, Any]) -> httpx.Response:
    return await client.delete(f"/v1/customers/{customer}/merges/{merge['merge_id']}")


async def read(client: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await client.get(f"/v1/customers/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()
