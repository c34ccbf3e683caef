"""Cases filed through the handler at a chosen instant, their deadlines in the database, rules put in force."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.complaint_svc.cases import repository
from services.complaint_svc.cases.domain.case import Case
from services.complaint_svc.cases.domain.step_request import StepRequest
from services.complaint_svc.cases.handlers import FilingRequest, file_complaint
from shared.messaging import Database, Transaction
from shared.rule_sets import RuleSetKind, activate_version, write_version
from tests.complaint_svc.case_builders import CUSTOMER, utc

MONDAY = utc("2026-11-16T09:00")
WRITTEN = repository.CaseDetails("call", "hardware", None, None, None, repository.Story("it broke"))


async def filed(database: Database, at: datetime, customer_id: UUID | None = CUSTOMER, kind: Any = "complaint") -> Case:
    """Filed at that instant, as it happens: the transaction's clock stands there too."""
    filing = FilingRequest(customer_id, kind, "normal", WRITTEN)
    return await database.run(lambda tx: file_complaint(tx, filing, StepRequest(tx.at, "agent-1")), at=at)


async def deadlines(database: Database, case_id: UUID) -> dict[str, Any]:
    async with database.transaction() as tx:
        rows = await tx.raw.fetch("select * from deadline where case_id = $1 order by round", case_id)
    return {row["stage"]: row for row in rows}


async def put_in_force(database: Database, at: datetime, kind: RuleSetKind[Any], document: dict[str, Any]) -> int:
    """A version that an analyst writes and a head puts in force, at an instant. Returns its number."""

    async def write_and_activate(tx: Transaction) -> int:
        version = await write_version(tx, kind, document, "analyst-1")
        await activate_version(tx, kind, version.id, None, "head-1")
        return version.version

    return await database.run(write_and_activate, at=at)
