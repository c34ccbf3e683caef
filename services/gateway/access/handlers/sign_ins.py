"""The person of a verified token, and the employee that the person is."""

from dataclasses import dataclass, replace

from services.gateway.access.domain.employees import KnownEmployee
from shared.chassis import Actor
from shared.chassis.access import EVERY_CUSTOMER


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a verified token says of a person. `employee_id`: the employee it names, which only the development issuer
    may; `is_trusted`: whoever is in no directory sees every customer, so that a first try works."""

    person: Actor
    employee_id: str | None = None
    is_trusted: bool = False


def actor_of_sign_in(sign_in: SignIn, employee: KnownEmployee | None) -> Actor:
    """Who asks: the person, as the employee that it is. Who is in no directory and not trusted sees, as a manager, no
    customer at all."""
    person = sign_in.person
    if employee is None:
        is_limited = person.partner_id is not None or not sign_in.is_trusted
        return person if is_limited else replace(person, scopes=person.scopes | EVERY_CUSTOMER)
    units = frozenset[str]() if employee.unit is None else frozenset({employee.unit})
    return replace(person, employee_id=employee.employee_id, units=units)
