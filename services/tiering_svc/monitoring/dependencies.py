"""What routes of monitoring ask FastAPI for: which warnings a list is about."""

from typing import Annotated, Literal

from fastapi import Depends, Query

from services.tiering_svc.customers.domain import managers_of
from services.tiering_svc.customers.repository import list_deputies
from services.tiering_svc.monitoring.repository.warning_lists import WarningFilter
from shared.chassis import Code, CurrentActor, Id, Tx, data_scope

MOST_IDS = 200

WarningStateFilter = Annotated[Literal["open", "acknowledged", "worked", "closed", "not_closed"] | None, Query()]
SeverityFilter = Annotated[Literal["yellow", "red"] | None, Query()]
WarningIds = Annotated[list[Id] | None, Query(max_length=MOST_IDS, description="these warnings only")]
CustomerIds = Annotated[list[Id] | None, Query(max_length=MOST_IDS, description="these customers only")]
OwnerFilter = Annotated[
    Code | None, Query(description="whose they are now: the account manager's, and the deputy's while they are away")
]
ManagerFilter = Annotated[Code | None, Query(description="the account manager now, whether or not they are away")]
MineFilter = Annotated[bool, Query(alias="mine", description="those of who asks, whose subject is the employee's code")]
OwnedFilter = Annotated[bool | None, Query(description="false: only those that nobody is responsible for")]
CentreFilter = Annotated[Code | None, Query(description="the service centre that the account manager works at now")]
TierFilter = Annotated[Code | None, Query(description="the customer's tier now")]
RegionFilter = Annotated[Code | None, Query(description="the customer's region now")]


async def warning_filter(
    tx: Tx,
    actor: CurrentActor,
    state: WarningStateFilter = None,
    rule: Id | None = None,
    cause: Code | None = None,
    severity: SeverityFilter = None,
    owner: OwnerFilter = None,
    manager: ManagerFilter = None,
    only_mine: MineFilter = False,
    owned: OwnedFilter = None,
    centre: CentreFilter = None,
    tier: TierFilter = None,
    region: RegionFilter = None,
) -> WarningFilter:
    """What all lists of warnings are filtered by; the filters hold together."""
    owners = [code for code in (owner, actor.subject if only_mine else None) if code is not None]
    deputies = await list_deputies(tx, tx.at) if owners else {}
    choices = [managers_of(code, deputies) for code in owners]
    if manager is not None:
        choices.append({manager})
    return WarningFilter(
        state=state, rule_id=rule, cause=cause, severity=severity, owned=owned, centre=centre, tier=tier,
        region=region, responsible=set.intersection(*choices) if choices else None,
        scope=data_scope(tx, actor),
    )  # fmt: skip


FilteredWarnings = Annotated[WarningFilter, Depends(warning_filter)]
"""Which warnings a list is about, from its query."""
