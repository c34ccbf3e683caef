"""Who of the directory signs in: the copy that the gateway keeps of employees."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class KnownEmployee:
    """What the gateway keeps of an employee: SHA-256 of the subject they sign in with, in hexadecimal (None: they do
    not), the unit they belong to, and when they left. `recorded_at` is the database's clock."""

    employee_id: str
    subject_digest: str | None
    unit: str | None
    left_at: datetime | None
    recorded_at: datetime


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

    def find(self, subject: str, employee_id: str | None = None) -> KnownEmployee | None:
        """The employee who signs in so, by a subject or as this employee; None when the directory knows nobody."""
        employee_id = employee_id or self._by_digest.get(digest_of_subject(subject))
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
