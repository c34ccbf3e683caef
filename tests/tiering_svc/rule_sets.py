"""A rule set of one document over HTTP, as tests read it, write versions of it and put them in force."""

from typing import Any

import httpx


class OnlyRuleSet:
    """`url` is that of the kind, like /v1/stage-rules."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self.client = client
        self.url = url

    async def show(self) -> dict[str, Any]:
        """The version in force, all versions and their history."""
        [listed] = (await self.client.get(self.url)).json()["items"]
        whole: dict[str, Any] = (await self.client.get(f"{self.url}/{listed['id']}")).json()
        return whole

    async def write(self, document: Any, **request: Any) -> httpx.Response:
        return await self.client.post(self.url, json={"document": document}, **request)

    async def activate(self, version: int, **request: Any) -> httpx.Response:
        [listed] = (await self.client.get(self.url)).json()["items"]
        return await self.client.post(f"{self.url}/{listed['id']}/activation", json={"version": version}, **request)
