"""Joins that lists of customers share: their tier and region now, and their account manager. $1 is the instant."""

from shared.chassis import DataScope


def context_of(customer_id: str) -> str:
    """Joins onto a column with customers: `s.tier`, `f.region`, `team.employee_id`, each null where there is none."""
    return f"""
left join standing s on s.customer_id = {customer_id}
left join lateral (
    select region from customer_traits t where t.customer_id = {customer_id} and t.changed_at <= $1
    order by seq desc limit 1
) f on true
left join lateral (
    select employee_id from account_team t
    where t.customer_id = {customer_id} and t.role = 'account_manager' and t.assigned_at <= $1
      and (t.released_at is null or t.released_at > $1)
    order by t.assigned_at desc, t.assignment_id desc limit 1
) team on true
"""


class Conditions:
    """The parameters of a statement, from $1 on, and the conditions that are asked for."""

    def __init__(self, *parameters: object) -> None:
        self.parameters = list(parameters)
        self._conditions: list[str] = []

    def add(self, value: object) -> str:
        """A further parameter: its place, as `$3`."""
        self.parameters.append(value)
        return f"${len(self.parameters)}"

    def require(self, condition: str, value: object) -> None:
        """A condition with a `{}` for the place of its value; None asks for nothing."""
        if value is not None:
            self._conditions.append(condition.format(self.add(value)))

    def hold_to(self, scope: DataScope | None, customer: str) -> None:
        """Only customers of a scope, and what is about none; None: whoever it is. `customer`: its id in SQL."""
        condition = None if scope is None else scope.condition(customer, self.add)
        if condition is not None:
            self._conditions.append(f"({customer} is null or {condition})")

    @property
    def where(self) -> str:
        """All conditions together."""
        return " and ".join(self._conditions) or "true"
