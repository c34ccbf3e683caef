"""Lists of customers over HTTP (P12)."""

from typing import Literal

from pydantic import Field

from services.profile_svc.search.repository import SearchResult
from shared.chassis import Actor, Id, Page, Read
from shared.chassis.audience import may_read


class CustomerSummary(Read):
    """A line of a list or of a search."""

    id: Id
    kind: Literal["organisation", "person", "unknown"]
    name: str | None
    region: str | None
    completeness: int
    tier: str | None
    account_manager: str | None = Field(description="not told to partners")
    merged_from: list[Id] = Field(description="the other members of a merged customer, who are found by this line")


class CustomerPage(Page[CustomerSummary]):
    """A page of customers, and whether it was looked for everywhere."""

    did_not_answer: list[str] = Field(
        default=[],
        description="`references`: the registry of references did not answer in time",
    )


def show_summary(result: SearchResult, actor: Actor) -> CustomerSummary:
    """A line as this actor may see it."""
    return CustomerSummary(
        id=result.id,
        kind=result.kind,
        name=result.name,
        region=result.region,
        completeness=result.completeness,
        tier=result.tier,
        account_manager=result.account_manager if may_read(actor, "account_team") else None,
        merged_from=list(result.merged_from),
    )
