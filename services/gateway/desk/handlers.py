"""What the desk asks the services: several at once, and a part whose service is away is missing, not an error."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from services.gateway.forwarding.handlers.calls import Answer, Call, forward
from shared.chassis import Actor, Refused, Service

SHOWN = 10  # movers, cases
LATELY = timedelta(days=30)


@dataclass(slots=True)
class Findings:
    """By part what was answered; who is away; what this actor may not see."""

    parts: dict[str, Any] = field(default_factory=dict)
    away: list[str] = field(default_factory=list)
    not_found: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    service: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)


async def ask(service: Service, actor: Actor, seconds: float, questions: Mapping[str, Question]) -> Findings:
    answers = await asyncio.gather(
        *[_ask(service, actor, seconds, question) for question in questions.values()], return_exceptions=True
    )
    findings = Findings()
    for (part, question), answer in zip(questions.items(), answers, strict=True):
        if isinstance(answer, Refused) or (isinstance(answer, Answer) and answer.status >= 500):
            if question.service not in findings.away:
                findings.away.append(question.service)
        elif isinstance(answer, BaseException):
            raise answer
        elif answer.succeeded:
            findings.parts[part] = answer.json()
    return findings


async def _ask(service: Service, actor: Actor, seconds: float, question: Question) -> Answer:
    call = Call("GET", question.path, urlencode(question.query).encode())
    return await forward(service, question.service, call, actor, seconds=seconds)


async def look_at_the_whole(service: Service, actor: Actor, seconds: float, asked: str) -> Findings:
    """The pyramid, who moved lately, the worst warnings, the most urgent cases; what was searched for."""
    lately = (service.clock() - LATELY).isoformat()
    urgent = {"status": "open", "sort": "urgency", "limit": str(SHOWN)}
    questions = {
        "pyramid": Question("tiering", "/v1/pyramid"),
        "movers": Question("tiering", "/v1/pyramid/movers", {"from": lately, "limit": str(SHOWN)}),
        "warnings": Question("tiering", "/v1/warnings", {"state": "not_closed", "limit": str(SHOWN)}),
        "stages": Question("tiering", "/v1/stages"),
        "cases": Question("complaint", "/v1/complaints", urgent),
    }
    if asked:
        questions["found"] = Question("profile", "/v1/customers", {"q": asked, "limit": "20"})
    findings = await ask(service, actor, seconds, questions)
    findings.parts["names"] = await _names(service, actor, seconds, findings)
    return findings


async def _names(service: Service, actor: Actor, seconds: float, findings: Findings) -> dict[str, str]:
    """What the customers in the lists are called: only profile knows."""
    listed = [one for part in ("movers", "warnings", "cases") for one in findings.parts.get(part, {}).get("items", [])]
    ids = {one["customer_id"] for one in listed if one["customer_id"]}
    told = await ask(
        service, actor, seconds, {one: Question("profile", f"/v1/customers/{one}/overview") for one in sorted(ids)}
    )
    return {
        one: " / ".join(entry["name"] for entry in overview["customer"]["names"])
        for one, overview in told.parts.items()
    }


async def look_at_a_customer(
    service: Service, actor: Actor, seconds: float, customer_id: UUID, language: str
) -> Findings:
    """The overview, the tier with its reasons in words, its stage, warnings, points, open cases."""
    base = f"/v1/customers/{customer_id}"
    urgent = {"customer_id": str(customer_id), "status": "open", "sort": "urgency", "limit": str(SHOWN)}
    findings = await ask(
        service,
        actor,
        seconds,
        {
            "overview": Question("profile", f"{base}/overview"),
            "tier": Question("tiering", f"{base}/tier"),
            "explanation": Question("tiering", f"{base}/tier/explanation", {"lang": language}),
            "history": Question("tiering", f"{base}/tier/history"),
            "stage": Question("tiering", f"{base}/stage"),
            "warnings": Question(
                "tiering", "/v1/warnings", {"customer_id": str(customer_id), "state": "not_closed", "limit": str(SHOWN)}
            ),
            "points": Question("loyalty", f"{base}/points"),
            "cases": Question("complaint", "/v1/complaints", urgent),
        },
    )
    findings.not_found = "overview" not in findings.parts and "profile" not in findings.away
    cases = findings.parts.get("cases", {}).get("items", [])
    told = await ask(
        service, actor, seconds, {case["id"]: Question("complaint", f"/v1/complaints/{case['id']}") for case in cases}
    )
    findings.parts["case_files"] = [told.parts[case["id"]] for case in cases if case["id"] in told.parts]
    return findings
