"""What the desk asks the services: several at once, and a part whose service is away is missing, not an error."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from services.gateway.forwarding.handlers.calls import ServiceAnswer, ServiceCall, forward
from shared.chassis import Actor, Refused, Service

SHOWN = 10  # movers, cases
LATELY = timedelta(days=30)


@dataclass(slots=True)
class PageParts:
    """By part what was answered; who is away; what this actor may not see."""

    parts: dict[str, Any] = field(default_factory=dict)
    away: list[str] = field(default_factory=list)
    not_found: bool = False


@dataclass(frozen=True, slots=True)
class PartRequest:
    service: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)


async def ask(service: Service, actor: Actor, seconds: float, questions: Mapping[str, PartRequest]) -> PageParts:
    answers = await asyncio.gather(
        *[_ask(service, actor, seconds, question) for question in questions.values()], return_exceptions=True
    )
    findings = PageParts()
    for (part, question), answer in zip(questions.items(), answers, strict=True):
        if isinstance(answer, Refused) or (isinstance(answer, ServiceAnswer) and answer.status >= 500):
            if question.service not in findings.away:
                findings.away.append(question.service)
        elif isinstance(answer, BaseException):
            raise answer
        elif answer.succeeded:
            findings.parts[part] = answer.json()
    return findings


async def _ask(service: Service, actor: Actor, seconds: float, question: PartRequest) -> ServiceAnswer:
    call = ServiceCall("GET", question.path, urlencode(question.query).encode())
    return await forward(service, question.service, call, actor, seconds=seconds)


async def load_dashboard(service: Service, actor: Actor, seconds: float, asked: str) -> PageParts:
    """The pyramid, who moved lately, the worst warnings, the most urgent cases; what was searched for."""
    lately = (service.clock() - LATELY).isoformat()
    urgent = {"status": "open", "sort": "urgency", "limit": str(SHOWN)}
    questions = {
        "pyramid": PartRequest("tiering", "/v1/pyramid"),
        "movers": PartRequest("tiering", "/v1/pyramid/movers", {"from": lately, "limit": str(SHOWN)}),
        "warnings": PartRequest("tiering", "/v1/warnings", {"state": "not_closed", "limit": str(SHOWN)}),
        "stages": PartRequest("tiering", "/v1/stages"),
        "cases": PartRequest("complaint", "/v1/complaints", urgent),
    }
    if asked:
        questions["found"] = PartRequest("profile", "/v1/customers", {"q": asked, "limit": "20"})
    findings = await ask(service, actor, seconds, questions)
    findings.parts["names"] = await _names(service, actor, seconds, findings)
    return findings


async def _names(service: Service, actor: Actor, seconds: float, findings: PageParts) -> dict[str, str]:
    """What the customers in the lists are called: only profile knows."""
    listed = [one for part in ("movers", "warnings", "cases") for one in findings.parts.get(part, {}).get("items", [])]
    ids = {one["customer_id"] for one in listed if one["customer_id"]}
    told = await ask(
        service, actor, seconds, {one: PartRequest("profile", f"/v1/customers/{one}/overview") for one in sorted(ids)}
    )
    return {
        one: " / ".join(entry["name"] for entry in overview["customer"]["names"])
        for one, overview in told.parts.items()
    }


async def load_customer_page(
    service: Service, actor: Actor, seconds: float, customer_id: UUID, language: str
) -> PageParts:
    """The overview, the tier with its reasons in words, its stage, warnings, points, open cases."""
    base = f"/v1/customers/{customer_id}"
    urgent = {"customer_id": str(customer_id), "status": "open", "sort": "urgency", "limit": str(SHOWN)}
    findings = await ask(
        service,
        actor,
        seconds,
        {
            "overview": PartRequest("profile", f"{base}/overview"),
            "tier": PartRequest("tiering", f"{base}/tier"),
            "explanation": PartRequest("tiering", f"{base}/tier/explanation", {"lang": language}),
            "history": PartRequest("tiering", f"{base}/tier/history"),
            "stage": PartRequest("tiering", f"{base}/stage"),
            "warnings": PartRequest(
                "tiering", "/v1/warnings", {"customer_id": str(customer_id), "state": "not_closed", "limit": str(SHOWN)}
            ),
            "points": PartRequest("loyalty", f"{base}/points"),
            "cases": PartRequest("complaint", "/v1/complaints", urgent),
        },
    )
    findings.not_found = "overview" not in findings.parts and "profile" not in findings.away
    cases = findings.parts.get("cases", {}).get("items", [])
    told = await ask(
        service,
        actor,
        seconds,
        {case["id"]: PartRequest("complaint", f"/v1/complaints/{case['id']}") for case in cases},
    )
    findings.parts["case_files"] = [told.parts[case["id"]] for case in cases if case["id"] in told.parts]
    return findings
