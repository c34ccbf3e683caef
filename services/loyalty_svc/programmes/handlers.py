"""A new version of the programme."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.loyalty_svc.programmes import repository
from services.loyalty_svc.programmes.domain import Programme, programme_from
from shared.errors import conflict, invalid
from shared.messaging import Transaction


async def add_programme(tx: Transaction, effective_from: datetime, terms: Mapping[str, Any], subject: str) -> Programme:
    """A new version for orders placed from an instant on that has not passed: what was earned stays as it was."""
    await repository.lock_programmes(tx)
    newest = (await repository.load_programmes(tx)).newest()
    if effective_from < tx.at:
        raise invalid("in_the_past", "A programme has to begin now or later.", pointer="/effective_from")
    if newest.effective_from is not None and effective_from < newest.effective_from:
        raise conflict("begins_before_the_newest", "A version has to begin after the one before it.")
    programme = programme_from(newest.version + 1, effective_from, terms, newest.zone)
    programme.check_rate_bound()
    await repository.add_programme(tx, programme, subject)
    return programme
