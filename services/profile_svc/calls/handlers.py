"""A telephone call happens (G4): the exchange reports its states, the call keeps them, and who is calling pops up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from services.profile_svc.calls import repository as calls
from services.profile_svc.calls.domain.call import Call, CallState, record, require_same_number
from services.profile_svc.files.domain.combined_file import CombinedFile
from services.profile_svc.files.domain.phones import every_e164
from services.profile_svc.files.repository import customer_files
from services.profile_svc.overview.repository.combined import load_combined_overview
from services.profile_svc.teams.domain import team_of_merged
from services.profile_svc.teams.repository import TeamMember, list_members
from shared.chassis import Actor
from shared.chassis.audience import may_read
from shared.messaging import Transaction


@dataclass(frozen=True, slots=True)
class Caller:
    """Who may be calling: a row of `list_callers`, of a merged customer (P12) that of all its members; and its team."""

    row: Mapping[str, Any]
    members: tuple[UUID, ...]
    team: Sequence[TeamMember]


ZERO_IF_NONE = ("open_cases", "overdue_cases", "points_balance", "points_debt", "overdue_amount")


async def find_callers(
    tx: Transaction, actor: Actor, e164: Sequence[str], last_digits: str | None, today: date
) -> list[Caller]:
    """Whose number it may be, highest tier first, each customer once, with who looks after it as far as the actor may
    know."""
    callers: dict[UUID, tuple[Mapping[str, Any], CombinedFile | None]] = {}
    for row in await calls.list_callers(tx, e164, last_digits, actor, today):
        if row["root_id"] is None:
            callers[row["id"]] = (row, None)
            continue
        file = await customer_files.get_file(tx, row["id"], actor)
        if file.id not in callers:
            callers[file.id] = (await _combined(tx, row, file, today), file)
    ids = [id for key, (_, file) in callers.items() for id in ((key,) if file is None else file.members)]
    members = await list_members(tx, ids, current=True) if ids and may_read(actor, "account_team") else []
    return [_caller(id, row, file, members) for id, (row, file) in callers.items()]


async def _combined(tx: Transaction, row: Mapping[str, Any], file: CombinedFile, today: date) -> dict[str, Any]:
    combined = await load_combined_overview(tx, file, today)
    combined |= {name: combined[name] or 0 for name in ZERO_IF_NONE}
    return {**row, **combined, "facts": orjson.dumps(dict(file.file.facts))}


def _caller(id: UUID, row: Mapping[str, Any], file: CombinedFile | None, members: Sequence[TeamMember]) -> Caller:
    if file is None:
        return Caller(row, (id,), [member for member in members if member.assignment.customer_id == id])
    own = [member for member in members if member.assignment.customer_id in file.members]
    team = {assignment.id for assignment in team_of_merged(file, [member.assignment for member in own])}
    return Caller(row, file.members, [member for member in own if member.assignment.id in team])


async def record_call_state(
    tx: Transaction,
    call_id: str,
    number: str,
    state: CallState,
    at: datetime,
    agent: str | None,
    *,
    regions: Sequence[str],
) -> Call:
    """Keep one state of a call; each comes once, in any order, and the same report again changes nothing.

    The call's customer is whoever the number belonged to when the first state was reported. 409 when the state or the
    number was reported otherwise, 422 when the states would not follow one another.
    """
    e164 = every_e164(number, regions)
    spelling = e164[0] if e164 else number.strip()
    known = await calls.load_call(tx, call_id, spelling, await calls.find_customer_of_number(tx, e164))
    require_same_number(known, spelling)
    changed = record(known, state, at, agent)
    if changed is not known:
        await calls.save_call(tx, changed)
    return changed
