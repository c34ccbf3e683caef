"""Whose accounts an employee sees (12.1, 12.5): its own, those it stands in for, and those of its units."""

from collections.abc import Collection
from datetime import datetime

from shared.messaging import Transaction

# Who is away hands on what they stand in for; who is away themselves stands in for nobody.
REPRESENTED = """
with recursive below (unit) as (
    select unnest($2::text[])
    union
    select u.unit from below b join unit_copy u on u.parent = b.unit
), away (employee_id, deputy_id) as (
    select employee_id, deputy_id from employee_copy
    where absent_from <= $3 and coalesce(absent_until > $3, true)
), stood_in_for (employee_id) as (
    select employee_id from away where deputy_id = $1 and not exists (select from away where employee_id = $1)
    union
    select a.employee_id from stood_in_for s join away a on a.deputy_id = s.employee_id
)
select $1::text as employee_id
union select employee_id from stood_in_for
union select e.employee_id from employee_copy e join below using (unit)
"""
# All that are one with a customer now; the merges in force are a forest, so whoever is connected is one.
MEMBERS = """
    with recursive member (id) as (
        select {customer}
        union
        select case when m.root_id = member.id then m.absorbed_id else m.root_id end
        from member join customer_merge m on member.id in (m.root_id, m.absorbed_id) and m.unmerged_at is null
    )
    select id from member
"""


async def list_represented(tx: Transaction, employee_id: str, units: Collection[str], at: datetime) -> list[str]:
    """Whose accounts this employee sees at an instant: the employee, whom it stands in for, and everybody of these
    units and the units below them."""
    rows = await tx.raw.fetch(REPRESENTED, employee_id, sorted(units), at)
    return sorted(row["employee_id"] for row in rows)


def within_teams(customer: str, employees: str, at: str, *, merged: bool) -> str:
    """A condition in SQL: one of these employees is on the customer's account team, or nobody is on any.

    `customer`, `employees` (`text[]`) and `at` are expressions of the statement around it; `merged`: whether anybody is
    merged at all, for then a team counts for all who are one.
    """
    ones = f"in ({MEMBERS.format(customer=customer)})" if merged else f"= {customer}"
    on_team = f"""select from account_team seen_by where seen_by.customer_id {ones}
        and seen_by.assigned_at <= {at} and coalesce(seen_by.released_at > {at}, true)"""
    return f"(exists ({on_team} and seen_by.employee_id = any({employees})) or not exists ({on_team}))"
