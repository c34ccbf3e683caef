"""A telephone call happens (G4): the exchange reports its states, the call keeps them."""

from collections.abc import Sequence
from datetime import datetime

from services.profile_svc.calls import repository as calls
from services.profile_svc.calls.domain.call import Call, CallState, record, require_same_number
from services.profile_svc.files.domain.phones import every_e164
from shared.messaging import Transaction


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
