"""Who works a case in the tests of what may be granted: persons of a role, each by a subject of its own."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx

from tests.complaint_svc.case_builders import CUSTOMER
from tests.complaint_svc.case_requests import filed

AsRole = Callable[..., dict[str, str]]


class CaseDesk:
    """Takes a case from filing to closing as one person or several; every answer is the service's own."""

    def __init__(self, client: httpx.AsyncClient, as_role: AsRole) -> None:
        self.client, self.as_role = client, as_role

    async def post(
        self, case_id: str, path: str, body: dict[str, Any] | None = None, *, role: str = "agent", by: str = "ann"
    ) -> httpx.Response:
        headers = self.as_role(role, subject=by)
        return await self.client.post(f"/v1/complaints/{case_id}/{path}", json=body or {}, headers=headers)

    async def judged(self, customer: UUID | None = CUSTOMER) -> str:
        """A valid case, to which something may be proposed."""
        case = await filed(self.client, customer=None if customer is None else {"id": str(customer)})
        await self.judge(str(case["id"]))
        return str(case["id"])

    async def judge(self, case_id: str) -> None:
        for path, body in (("acknowledgement", {}), ("judgement", {"valid": True, "reason": "it is broken"})):
            answer = await self.post(case_id, path, body, role="admin", by="desk")
            assert answer.status_code == 201, answer.text

    async def propose(
        self, case_id: str, points: int = 0, amount: str = "0", *, role: str = "agent", by: str = "ann"
    ) -> httpx.Response:
        body = {"text": "with our apologies", "points": points, "amount": amount}
        return await self.post(case_id, "proposals", body, role=role, by=by)

    async def carry_out(self, case_id: str, *, role: str = "agent", by: str = "ann") -> httpx.Response:
        """The customer accepts, and it is carried out. The answer of what was refused, or of the last step."""
        answer = await self.post(case_id, "acceptance", {"accepted": True}, role=role, by=by)
        return await self.post(case_id, "resolution", role=role, by=by) if answer.is_success else answer

    async def reopen(self, case_id: str) -> None:
        """Closed and opened again, judged: the next round may be proposed to."""
        for path, body in (("follow-up", {"close": True}), ("reopening", {"reason": "it broke again"})):
            answer = await self.post(case_id, path, body, role="admin", by="desk")
            assert answer.status_code == 201, answer.text
        await self.judge(case_id)
