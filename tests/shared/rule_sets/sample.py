"""A small service with three kinds of rule sets: one in force; one of a cause; one an id, after a trial and notice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import FastAPI
from pydantic import Field

from shared.chassis import Code, Ports, ServiceSettings, Shape, create_service
from shared.errors import conflict, invalid
from shared.events import PolicyActivated
from shared.messaging import Subscriptions, Timers, Transaction, announce
from shared.rule_sets import (
    RuleSetKind,
    RuleSetStep,
    RuleSetVersion,
    RuleSetVersionRead,
    StepRequest,
    VersionKey,
    rule_set_routes,
)

SHIPPED_VISITS = UUID("0190a000-0000-7000-8000-000000000001")
SHIPPED_DRAFT = UUID("0190a000-0000-7000-8000-000000000002")
SHIPPED_ALARM = UUID("0190a000-0000-7000-8000-000000000003")
Whole = Annotated[int, Field(strict=True)]


class Settings(ServiceSettings):
    service: Literal["profile"] = "profile"
    trials_needed: bool = True


class VisitRulesDocument(Shape):
    most_minutes: Whole


class AlarmRuleDocument(Shape):
    cause: Code
    days: Whole


class PriceListDocument(Shape):
    from_: Whole = Field(alias="from")
    rebate: Code | None = None


class AlarmRuleVersion(RuleSetVersionRead):
    cause: str


@dataclass(frozen=True, slots=True)
class VisitRules:
    most_minutes: int


reads: list[tuple[UUID, int]] = []  # which documents were read, so that a test can count


def read_visit_rules(version: RuleSetVersion) -> VisitRules:
    reads.append((version.id, version.version))
    if version.document["most_minutes"] < 1:
        raise invalid("out_of_range", "At least one minute.", pointer="/document/most_minutes")
    return VisitRules(version.document["most_minutes"])


async def must_be_tried(
    tx: Transaction, version: RuleSetVersion, steps: Sequence[RuleSetStep], settings: Settings | None
) -> None:
    needed = settings is None or settings.trials_needed
    if needed and all(step.step != "simulated" for step in steps):
        raise conflict("not_simulated", "A price list is tried before it is approved.")


async def announce_activation(tx: Transaction, version: RuleSetVersion, request: StepRequest) -> None:
    announce(tx, [PolicyActivated(policy_id=version.id, version=version.version, activated_at=request.at)])


VISIT_RULES = RuleSetKind("visit-rules", read=read_visit_rules, after_activation=announce_activation)
ALARM_RULES = RuleSetKind(
    "alarm-rules",
    read=lambda version: version.document["days"],
    single=False,
    slot_of=lambda version: str(version.document["cause"]),
)
OPENING_HOURS = RuleSetKind("opening-hours", read=lambda version: dict(version.document), only=UUID(int=7))
PRICE_LISTS = RuleSetKind(
    "price-lists",
    read=lambda version: dict(version.document),
    single=False,
    notice=timedelta(days=7),
    before_approval=must_be_tried,
)


async def causes_of(
    tx: Transaction, versions: Sequence[RuleSetVersion]
) -> Mapping[VersionKey, Mapping[str, Any]]:  # fmt: skip
    return {(version.id, version.version): {"cause": version.slot} for version in versions}


def create_app(settings: Settings, ports: Ports) -> FastAPI:
    return create_service(
        settings,
        ports=ports,
        title="Rules",
        topic="patron.profile",
        routers=[
            rule_set_routes(
                VISIT_RULES, "/v1/visit-rules", VisitRulesDocument, singular="visit_rules", tags=["visits"],
                read="customers:read",
            ),
            rule_set_routes(
                ALARM_RULES, "/v1/alarm-rules", AlarmRuleDocument, singular="alarm_rule", tags=["alarms"],
                read=["customers:read", "tiers:read"], named=True, version_read=AlarmRuleVersion, facts=causes_of,
            ),
            rule_set_routes(
                PRICE_LISTS, "/v1/price-lists", PriceListDocument, singular="price_list", tags=["prices"],
                read="customers:read", write="customers:write",
            ),
        ],
        subscriptions=Subscriptions(),
        timers=Timers(),
        migrations=Path(__file__).parent / "migrations",
    )  # fmt: skip
