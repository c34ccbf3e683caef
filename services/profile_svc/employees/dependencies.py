"""What routes below an employee ask of the directory: whose work is shown to whom."""

from typing import Annotated

from fastapi import Depends, Path

from services.profile_svc.employees.repository import list_deputized, load_employee
from shared.chassis import Code, CurrentActor, Tx
from shared.errors import not_found

EmployeeId = Annotated[Code, Path(description="the company's code of the employee")]


async def _whose_work(employee_id: EmployeeId, tx: Tx, actor: CurrentActor) -> list[str]:
    if not actor.sees_every_customer and actor.employee_id != employee_id:
        raise not_found("employee_not_found", "There is no such employee in the directory.")
    await load_employee(tx, employee_id)
    return [employee_id, *await list_deputized(tx, employee_id, tx.at, only_now=True)]


WhoseWork = Annotated[list[str], Depends(_whose_work)]
"""The employee of the path, and of whom they stand in for today. 404 for another one's work to who sees only accounts
of their own."""
