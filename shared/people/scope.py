"""Whose accounts an employee sees: its own, those it stands in for, and those of its units."""

# Who is away hands on what they stand in for; who is away themselves stands in for nobody.
REPRESENTED = """
    with recursive below (unit) as (
        select unnest({units})
        union
        select u.unit from below b join unit_copy u on u.parent = b.unit
    ), away (employee_id, deputy_id) as (
        select employee_id, deputy_id from employee_copy
        where absent_from <= {at} and coalesce(absent_until > {at}, true)
    ), stood_in_for (employee_id) as (
        select employee_id from away
        where deputy_id = {employee} and not exists (select from away where employee_id = {employee})
        union
        select a.employee_id from stood_in_for s join away a on a.deputy_id = s.employee_id
    )
    select {employee} union select employee_id from stood_in_for
    union select e.employee_id from employee_copy e join below using (unit)
"""
# All that are one with a customer now; the merges in force are a forest, so whoever is connected is one. Where nobody
# is merged nothing is walked.
MEMBERS = """any(case when exists (select from customer_merge where unmerged_at is null) then array(
    with recursive member (id) as (
        select {customer}
        union
        select case when m.root_id = member.id then m.absorbed_id else m.root_id end
        from member join customer_merge m on member.id in (m.root_id, m.absorbed_id) and m.unmerged_at is null
    )
    select id from member
) else array[{customer}] end)"""


def within_teams(customer: str, employee: str, units: str, at: str) -> str:
    """A condition in SQL: who looks after the customer is the employee, somebody it stands in for at the instant, or
    somebody of these units or of one below them; or nobody looks after it. A team counts for all who are one.

    All are expressions of the statement around it: the customer's id, the employee's (`text`), units (`text[]`), an
    instant. Whom the employee represents is worked out once a statement.
    """
    on_team = f"""select from account_team seen_by where seen_by.customer_id = {MEMBERS.format(customer=customer)}
        and seen_by.assigned_at <= {at} and coalesce(seen_by.released_at > {at}, true)"""
    represented = REPRESENTED.format(employee=employee, units=units, at=at)
    return f"(exists ({on_team} and seen_by.employee_id = any(array({represented}))) or not exists ({on_team}))"
