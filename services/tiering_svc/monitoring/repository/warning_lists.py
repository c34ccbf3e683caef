"""SQL of lists of early warnings (T12): filtered, with the manager of now, tier and region."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.tiering_svc.monitoring.domain.warning import EarlyWarning
from services.tiering_svc.monitoring.repository.customer_context import Conditions, context_of
from services.tiering_svc.monitoring.repository.warnings import COLUMNS, FIELDS
from shared.chassis import DataScope
from shared.customers import list_members
from shared.errors import not_found
from shared.messaging import Transaction

# A class of one manager's customers is that manager's.
LISTED = f"""
early_warning w {context_of("w.customer_id")}
cross join lateral (
    select coalesce(team.employee_id, case when w.dimension = 'manager' then w.subject_code end) as employee_id
) m
"""
AT_CENTRE = """m.employee_id in (
    select employee_id from (
        select distinct on (employee_id) employee_id, centre from employee_centre where changed_at <= $1
        order by employee_id, changed_at desc
    ) e where e.centre = {})"""
EXPECTED_LOSS = "coalesce(w.expected_loss, -1)"  # -1: not known, which comes last


@dataclass(frozen=True, slots=True)
class WarningFilter:
    """Which warnings are listed; None: whatever it is. `state` may be `not_closed`; `responsible`: whose customers
    they are, by the managers' codes, of which an empty collection has none; `owned` False: nobody is responsible."""

    ids: Sequence[UUID] | None = None
    customer_ids: Sequence[UUID] | None = None
    subject_kind: str | None = None
    dimension: str | None = None
    subject_code: str | None = None
    state: str | None = None
    rule_id: UUID | None = None
    cause: str | None = None
    severity: str | None = None
    responsible: Collection[str] | None = None
    owned: bool | None = None
    centre: str | None = None
    tier: str | None = None
    region: str | None = None
    scope: DataScope | None = None

    def conditions(self, at: datetime) -> Conditions:
        """The statement's conditions, for the instant of the question."""
        not_closed = self.state == "not_closed"
        conditions = Conditions(at)
        conditions.require("w.warning_id = any({}::uuid[])", self.ids)
        conditions.require("w.customer_id = any({}::uuid[])", self.customer_ids)
        conditions.require("w.subject_kind = {}", self.subject_kind)
        conditions.require("w.dimension = {}", self.dimension)
        conditions.require("w.subject_code = {}", self.subject_code)
        conditions.require("w.state = {}", None if not_closed else self.state)
        conditions.require("w.state <> {}", "closed" if not_closed else None)
        conditions.require("w.rule_id = {}", self.rule_id)
        conditions.require("w.cause = {}", self.cause)
        conditions.require("w.severity = {}", self.severity)
        conditions.require(
            "m.employee_id = any({}::text[])", None if self.responsible is None else sorted(self.responsible)
        )
        conditions.require("(m.employee_id is not null) = {}", self.owned)
        conditions.require(AT_CENTRE, self.centre)
        conditions.require("s.tier = {}", self.tier)
        conditions.require("f.region = {}", self.region)
        conditions.hold_to(self.scope, "w.customer_id")
        return conditions


class ListedWarning(NamedTuple):
    """A warning with its customer's account manager, tier and region of the instant of the question."""

    warning: EarlyWarning
    manager: str | None
    tier: str | None
    region: str | None


async def list_warnings(
    tx: Transaction, wanted: WarningFilter, after: tuple[Decimal, UUID] | None, limit: int
) -> list[ListedWarning]:
    """The highest expected loss first (those where it is not known last), of equal ones the newest. `after`: the
    expected loss (-1: not known) and the id of the last warning of the page before."""
    if wanted.customer_ids is not None:  # with those of all who are one with them (P12)
        of_all = (await list_members(tx, wanted.customer_ids)).values()
        wanted = replace(wanted, customer_ids=sorted({member for members in of_all for member in members}))
    query = wanted.conditions(tx.at)
    beyond = "true"
    if after is not None:
        beyond = f"({EXPECTED_LOSS}, w.warning_id) < ({query.add(after[0])}::numeric, {query.add(after[1])}::uuid)"
    rows = await tx.raw.fetch(
        f"""select {COLUMNS}, m.employee_id, s.tier, f.region from {LISTED} where {query.where} and {beyond}
            order by {EXPECTED_LOSS} desc, w.warning_id desc limit {query.add(limit)}""",
        *query.parameters,
    )
    return [ListedWarning(EarlyWarning(*row[: len(FIELDS)]), *row[len(FIELDS) :]) for row in map(tuple, rows)]


async def load_listed(tx: Transaction, warning_id: UUID) -> ListedWarning:
    """A warning as lists have it; 404 `warning_not_found`."""
    listed = await list_warnings(tx, WarningFilter(ids=[warning_id]), None, 1)
    if not listed:
        raise not_found("warning_not_found", "There is no such warning.")
    return listed[0]


async def list_customers_at_risk(
    tx: Transaction, wanted: WarningFilter, after: tuple[Decimal, UUID] | None, limit: int
) -> list[list[ListedWarning]]:
    """Customers with a warning that fits, each with all of these, the highest expected loss first. `after`: the
    expected loss (-1: not known) and the id of the last customer of the page before."""
    query = wanted.conditions(tx.at)
    beyond = "true"
    if after is not None:
        beyond = (
            f"(max({EXPECTED_LOSS}), w.customer_id) < ({query.add(after[0])}::numeric, {query.add(after[1])}::uuid)"
        )
    page = f"""select w.customer_id, max({EXPECTED_LOSS}) as at_risk from {LISTED}
               where w.customer_id is not null and {query.where}
               group by w.customer_id having {beyond}
               order by at_risk desc, w.customer_id desc limit {query.add(limit)}"""
    rows = await tx.raw.fetch(
        f"""select {COLUMNS}, m.employee_id, s.tier, f.region
            from ({page}) p join ({LISTED}) on w.customer_id = p.customer_id
            where {query.where}
            order by p.at_risk desc, p.customer_id desc, {EXPECTED_LOSS} desc, w.severity, w.warning_id desc""",
        *query.parameters,
    )
    customers: dict[UUID, list[ListedWarning]] = {}
    for row in map(tuple, rows):
        listed = ListedWarning(EarlyWarning(*row[: len(FIELDS)]), *row[len(FIELDS) :])
        assert listed.warning.customer_id is not None
        customers.setdefault(listed.warning.customer_id, []).append(listed)
    return list(customers.values())
