"""Who of the directory signs in: the copy that the gateway keeps of employees, and the person that one of them is."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from shared.chassis import Actor
from shared.chassis.access import EVERY_CUSTOMER


@dataclass(frozen=True, slots=True)
class KnownEmployee:
    """What the gateway keeps of an employee: SHA-256 of the subject they sign in with, in hexadecimal (None: they do
    not), the unit they belong to, and when they left. `recorded_at` is the database's clock."""

    employee_id: str
    subject_digest: str | None
    unit: str | None
    left_at: datetime | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a verified token says of a person. `employee_id`: the employee it names, which only the development issuer
    may; `is_trusted`: whoever is in no directory sees every customer, so that a first try works."""

    person: Actor
    employee_id: str | None = None
    is_trusted: bool = False


class EmployeesBySignIn:
    """The employees, found by the subject of a sign-in or by their ids."""

    def __init__(self) -> None:
        self._by_id: dict[str, KnownEmployee] = {}
        self._by_digest: dict[str, str] = {}

    def keep(self, employees: Iterable[KnownEmployee]) -> bool:
        """Take over what is new of employees, oldest first. Whether anything was."""
        is_new = False
        for employee in employees:
            before = self._by_id.get(employee.employee_id)
            if before == employee:
                continue
            is_new = True
            if before is not None and self._by_digest.get(before.subject_digest or "") == before.employee_id:
                del self._by_digest[before.subject_digest or ""]
            self._by_id[employee.employee_id] = employee
            if employee.subject_digest is not None:
                self._by_digest[employee.subject_digest] = employee.employee_id
        return is_new

    def find(self, sign_in: SignIn) -> KnownEmployee | None:
        """The employee who signs in so; None when the directory knows nobody."""
        employee_id = sign_in.employee_id or self._by_digest.get(digest_of_subject(sign_in.person.subject))
        return None if employee_id is None else self.find_by_id(employee_id)

    def find_by_id(self, employee_id: str) -> KnownEmployee | None:
        """The employee of this id, if the directory has one."""
        return self._by_id.get(employee_id)


def digest_of_subject(subject: str) -> str:
    """How the directory announces a subject: SHA-256 in hexadecimal."""
    return sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()


def has_left(employee: KnownEmployee | None, at: datetime) -> bool:
    """Whether this is an employee who left."""
    return employee is not None and employee.left_at is not None and employee.left_at <= at


def actor_of_sign_in(sign_in: SignIn, employee: KnownEmployee | None) -> Actor:
    """Who asks: the person, as the employee that it is. Who is in no directory and not trusted sees, as a manager, no
    customer at all."""
    person = sign_in.person
    if employee is None:
        is_limited = person.partner_id is not None or not sign_in.is_trusted
        return person if is_limited else replace(person, scopes=person.scopes | EVERY_CUSTOMER)
    units = frozenset[str]() if employee.unit is None else frozenset({employee.unit})
    return replace(person, employee_id=employee.employee_id, units=units)
