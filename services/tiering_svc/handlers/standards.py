"""A new version of a standard: what a company holds itself to (T14, T15, T16). It is checked before it comes here."""

from collections.abc import Callable, Mapping
from typing import Any

from services.tiering_svc.repository import standards
from services.tiering_svc.repository.standards import Standard
from shared.messaging import Transaction


async def write_standard(
    tx: Transaction, name: str, document: Mapping[str, Any], author: str, check_version: Callable[[int], None]
) -> Standard:
    """`check_version` refuses when the writer has not seen the version in force."""
    newest = await standards.lock_standard(tx, name)
    check_version(newest)
    await standards.add_standard(tx, name, newest + 1, document, author)
    return await standards.load_standard(tx, name)
