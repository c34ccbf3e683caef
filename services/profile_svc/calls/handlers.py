"""A telephone call happens (G4): the exchange reports its states, the call keeps them."""

from collections.abc import Sequence
from datetime import datetime

from services.profile_svc.calls import repository as calls
from services.profile_svc.calls.domain.call import Call, State, record, refuse_another_number
from services.profile_svc.files.domain.phones import every_e164
from shared.messaging import Transaction


async def record_call_state(
    tx: Transaction, call_id: str, number: str, state: State, at: datetime, agent: str | None, *, regions: Sequence[str]
) -> Call:
    """Each state of a call once, in any order; the customer is whoever the number belonged to at the first of them."""
    e164 = every_e164(number, regions)
    spelled = e164[0] if e164 else number.strip()
    known = await calls.load_call(tx, call_id, spelled, await calls.find_customer_of_number(tx, e164))
    refuse_another_number(known, spelled)
    changed = record(known, state, at, agent)
    if changed is not known:
        await calls.save_call(tx, changed)
    return changed
