"""A synthetic complaint, worked through its steps at the times it would have taken (C2)."""

from dataclasses import dataclass
from typing import Any

from deploy.demo.gateway import Gateway
from deploy.demo.orders import instant
from deploy.demo.synthetic import Complaint

HOUR, DAY = 3600, 24 * 3600


@dataclass(frozen=True)
class Step:
    path: str
    at: int
    body: dict[str, Any]


def filing(complaint: Complaint, customer_id: str, order_ref: str, bought_at: int) -> dict[str, Any]:
    return {
        "customer": {"id": customer_id},
        "kind": complaint.kind,
        "severity": complaint.severity,
        "channel": complaint.channel,
        "category": complaint.category,
        "about": {"order_id": order_ref},
        "what_happened": complaint.what,
        "bought_at": instant(bought_at),
        "filed_at": instant(complaint.at),
    }


def steps(complaint: Complaint) -> list[Step]:
    """What happens after the filing, as far as this one goes, each step some hours after the one before."""
    at, grant = complaint.at, {"text": "With our apologies.", "points": complaint.grant}
    path = [Step("acknowledgement", at + HOUR, {"note": "Called back."})]
    if complaint.goes == "received":
        return []
    judged = at + 8 * HOUR
    if complaint.goes == "invalid":
        path.append(Step("judgement", judged, {"valid": False, "reason": "The price on the shelf was read wrongly."}))
        path.append(Step("follow-up", judged + DAY, {"close": True, "satisfaction": 2}))
        return path
    path.append(Step("judgement", judged, {"valid": True, "reason": "It is as the customer says."}))
    if complaint.goes == "judged":
        return path
    if complaint.kind == "complaint":
        path.append(Step("proposals", judged + 4 * HOUR, grant))
        if complaint.goes == "settling":
            return path
        if complaint.goes == "refused":
            path.append(Step("acceptance", judged + DAY, {"accepted": False, "reason": "Not enough."}))
            path.append(Step("proposals", judged + DAY + HOUR, grant | {"points": 2 * complaint.grant}))
        path.append(Step("acceptance", judged + 2 * DAY, {"accepted": True}))
    path.append(Step("resolution", judged + 3 * DAY, {"note": "Done."}))
    path.append(Step("follow-up", judged + 5 * DAY, {"close": True, "satisfaction": complaint.satisfaction}))
    return path


async def work_through(
    gateway: Gateway, complaint: Complaint, customer_id: str, order_ref: str, bought_at: int, now: int
) -> None:
    """File it and take its steps, up to now. The same key again is the same request, so a second run files nothing."""
    key = f"demo-{order_ref}"
    body = filing(complaint, customer_id, order_ref, bought_at)
    case = await gateway.post("/v1/complaints", body, key=f"{key}-filing", until_known=True)
    for number, step in enumerate(steps(complaint)):
        if step.at > now:
            return
        body = step.body | {"at": instant(step.at)}
        await gateway.post(f"/v1/complaints/{case['id']}/{step.path}", body, key=f"{key}-{number}")
