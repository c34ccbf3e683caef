"""Who of the directory signs in: the gateway's copy of it, kept from events, and its copy in each process."""

from collections.abc import Sequence
from datetime import datetime

from services.gateway.access.domain.employees import EmployeesBySignIn, KnownEmployee
from services.gateway.access.handlers.refreshed_copy import OVERLAP, RefreshedCopy
from services.gateway.access.handlers.sign_ins import SignIn
from services.gateway.access.repository import delete_employees, list_known_employees, read_clock, save_employees
from shared.errors import invalid
from shared.events import EmployeeChanged
from shared.messaging import Database, Transaction


class EmployeeDirectory(RefreshedCopy[bool]):
    """The process's copy of who signs in as which employee. What changes is said as a whole: `{True}`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._employees = EmployeesBySignIn()
        self._read_at: datetime | None = None  # by the clock of the database

    async def read_new(self, tx: Transaction) -> set[bool]:
        """Read who changed since the last question."""
        read_at = await read_clock(tx)
        changed = await list_known_employees(tx, None if self._read_at is None else self._read_at - OVERLAP)
        self._read_at = read_at
        return {True} if self._employees.keep(changed) else set()

    def find(self, sign_in: SignIn) -> KnownEmployee | None:
        """The employee who signs in so; None when the directory knows nobody, and for partners' people."""
        return (
            None
            if sign_in.person.partner_id is not None
            else self._employees.find(sign_in.person.subject, sign_in.employee_id)
        )

    async def load(self, employee_id: str) -> KnownEmployee:
        """The employee of this id; 422 when the directory has none."""
        await self.refresh()
        employee = self._employees.find_by_id(employee_id)
        if employee is None:
            raise invalid("employee_not_known", "There is no such employee in the directory.", pointer="/employee_id")
        return employee


async def when_employees_change_know_who_signs_in(tx: Transaction, events: Sequence[EmployeeChanged]) -> None:
    """Keep who signs in with what, of which unit they are, and whether they left: the last of each employee holds."""
    await save_employees(tx, list({event.employee_id: event for event in events}.values()))


async def forget_employees(tx: Transaction, keys: Sequence[str]) -> None:
    """Take away what is kept of these employees, to be made anew. Processes hear of it when it was."""
    await delete_employees(tx, keys)
