"""What tests of imports do: send a file, ask for its import, let its job do its steps, look at the rows."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from services.profile_svc.subscriptions import jobs

OFFSETS = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}


@dataclass
class Importer:
    """An administrator at profile."""

    client: httpx.AsyncClient
    app: FastAPI
    headers: dict[str, str]

    async def upload(self, content: bytes) -> str:
        announced = {"Upload-Length": str(len(content))} | self.headers
        path = (await self.client.post("/v1/uploads", headers=announced)).headers["location"]
        answer = await self.client.patch(path, content=content, headers=OFFSETS | self.headers)
        assert answer.status_code == 204, answer.text
        return path.rpartition("/")[2]

    async def ask(self, content: bytes, **wanted: Any) -> httpx.Response:
        """The answer to an import of a file."""
        body = {"upload_id": await self.upload(content)} | wanted
        return await self.client.post("/v1/customer-imports", json=body, headers=self.headers)

    async def start(self, content: bytes, **wanted: Any) -> str:
        answer = await self.ask(content, **wanted)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def work(self) -> None:
        """Let all jobs come to their ends. The database may still hold a row for a process that was just killed."""
        service = self.app.state.service
        unfinished = "select exists (select from job where kind like 'customer\\_%' and finished_at is null)"
        async with asyncio.timeout(20):
            await jobs.finish_all(service)
            while await service.database.run(lambda tx: tx.raw.fetchval(unfinished)):
                await asyncio.sleep(0.05)
                await jobs.finish_all(service)

    async def run(self, content: bytes, **wanted: Any) -> dict[str, Any]:
        """An import to its end; what it says then."""
        import_id = await self.start(content, **wanted)
        await self.work()
        return await self.read(import_id)

    async def read(self, import_id: str) -> dict[str, Any]:
        imported: dict[str, Any] = (
            await self.client.get(f"/v1/customer-imports/{import_id}", headers=self.headers)
        ).json()
        return imported

    async def rows(self, import_id: str, **query: Any) -> list[dict[str, Any]]:
        answer = await self.client.get(
            f"/v1/customer-imports/{import_id}/rows", params={"limit": 200} | query, headers=self.headers
        )
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def file(self, customer_id: str) -> dict[str, Any]:
        imported: dict[str, Any] = (await self.client.get(f"/v1/customers/{customer_id}")).json()
        return imported


def counted(imported: dict[str, Any]) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: count for name, count in imported["rows"].items() if count}


def ndjson(*files: dict[str, Any]) -> bytes:
    return "".join(json.dumps(file, ensure_ascii=False) + "\n" for file in files).encode()
