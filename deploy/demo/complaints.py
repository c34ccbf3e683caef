"""A synthetic complaint, worked through its steps at the times it would have taken (C2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.demo.gateway import APPROVER, Gateway
from deploy.demo.orders import instant
from deploy.demo.synthetic import Complaint

HOUR, DAY = 3600, 24 * 3600


@dataclass(frozen=True)
class CaseStep:
    """A request below `/v1/complaints/{id}/`, and when it is made (seconds since 1970)."""

    path: str
    at: int
    body: dict[str, Any]


def filing_body(complaint: Complaint, customer_id: str, order_ref: str, bought_at: int) -> dict[str, Any]:
    """The request that files the complaint, about an order placed at `bought_at` (seconds since 1970)."""
    return {
        "customer": {"id": customer_id},
        "kind": complaint.kind,
        "severity": complaint.severity,
        "channel": complaint.channel,
        "category": complaint.category,
        "about": {"order_id": order_ref},
        "what_happened": complaint.description,
        "bought_at": instant(bought_at),
        "filed_at": instant(complaint.at),
        "steps_follow": True,
    }


def case_steps(complaint: Complaint) -> list[CaseStep]:
    """What happens after the filing, as far as this one goes, each step some hours after the one before."""
    at, proposal = complaint.at, {"text": "With our apologies.", "points": complaint.points}
    path = [CaseStep("acknowledgement", at + HOUR, {"note": "Called back."})]
    if complaint.outcome == "received":
        return []
    judged = at + 8 * HOUR
    if complaint.outcome == "invalid":
        path.append(
            CaseStep("judgement", judged, {"valid": False, "reason": "The price on the shelf was read wrongly."})
        )
        path.append(CaseStep("follow-up", judged + DAY, {"close": True, "satisfaction": 2}))
        return path
    path.append(CaseStep("judgement", judged, {"valid": True, "reason": "It is as the customer says."}))
    if complaint.outcome == "judged":
        return path
    if complaint.kind == "complaint":
        path.append(CaseStep("proposals", judged + 4 * HOUR, proposal))
        if complaint.outcome == "settling":
            return path
        if complaint.outcome == "refused":
            path.append(CaseStep("acceptance", judged + DAY, {"accepted": False, "reason": "Not enough."}))
            path.append(CaseStep("proposals", judged + DAY + HOUR, proposal | {"points": 2 * complaint.points}))
        path.append(CaseStep("acceptance", judged + 2 * DAY, {"accepted": True}))
    path.append(CaseStep("resolution", judged + 3 * DAY, {"note": "Done."}))
    path.append(CaseStep("follow-up", judged + 5 * DAY, {"close": True, "satisfaction": complaint.satisfaction}))
    return path


async def file_and_process(
    gateway: Gateway, complaint: Complaint, customer_id: str, order_ref: str, bought_at: int, now: int
) -> None:
    """File it and take its steps, up to now. The same key again is the same request, so a second run files nothing."""
    key = f"demo-{order_ref}"
    body = filing_body(complaint, customer_id, order_ref, bought_at)
    case = await gateway.post("/v1/complaints", body, key=f"{key}-filing")
    for number, step in enumerate(case_steps(complaint)):
        if step.at > now:
            return
        body = step.body | {"at": instant(step.at)}
        shown = await gateway.post(f"/v1/complaints/{case['id']}/{step.path}", body, key=f"{key}-{number}")
        await _approve(gateway, shown, step, f"{key}-{number}-approval")


async def _approve(gateway: Gateway, case: Mapping[str, Any], step: CaseStep, key: str) -> None:
    """A year of settlements is more than one person may give on the day it is entered: another person approves (C5)."""
    pending = [approval for approval in case.get("approvals", ()) if approval["state"] == "pending"]
    for approval in pending:
        url = f"/v1/complaints/{case['id']}/proposals/{approval['id']}/approval"
        await gateway.post(url, {"at": instant(step.at)}, key=key, subject=APPROVER)
