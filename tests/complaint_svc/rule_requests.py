"""How the tests of complaints change rules over HTTP: an analyst writes a version, a head puts it in force."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.complaint_svc.case_builders import SHIPPED

AsRole = Callable[..., dict[str, str]]


async def change_rules(client: httpx.AsyncClient, as_role: AsRole, kind: str, **changes: Any) -> dict[str, Any]:
    """What is shipped, with these members of the document changed, as a new version that is in force."""
    document = SHIPPED[kind] | changes
    written = await client.post(f"/v1/{kind}", json={"document": document}, headers=as_role("analyst"))
    assert written.status_code == 201, written.text
    version, url = {"version": written.json()["version"]}, f"/v1/{kind}/{written.json()['id']}/activation"
    answer = await client.post(url, json=version, headers=as_role("head"))
    assert answer.status_code == 200, answer.text
    in_force: dict[str, Any] = answer.json()
    return in_force
