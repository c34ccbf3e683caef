"""Rule books are written by one person and put in force by another, like tier policies (T8, T13)."""

from collections.abc import Mapping
from typing import Any

from services.tiering_svc.core.repository import rule_books
from services.tiering_svc.core.repository.rule_books import RuleBook
from shared.errors import conflict, forbidden, not_found
from shared.messaging import Transaction


async def write_rules(tx: Transaction, name: str, document: Mapping[str, Any], author: str) -> RuleBook:
    """A new draft. It was checked before it came here."""
    versions = await rule_books.load_versions(tx, name)
    version = versions[0].version + 1 if versions else 1
    await rule_books.add_version(tx, name, version, document, author)
    return (await rule_books.list_versions(tx, name))[0]


async def activate_rules(tx: Transaction, name: str, version: int, by: str) -> RuleBook:
    """Not by its own author."""
    versions = await rule_books.load_versions(tx, name)
    wanted = next((one for one in versions if one.version == version), None)
    if wanted is None:
        raise not_found("rules_not_found", "There is no such version.")
    if wanted.status == "active":
        raise conflict("already_active", "This version is in force.")
    if wanted.author == by:
        raise forbidden("own_rules", "Rules are put in force by somebody else than their author.")
    await rule_books.save_activation(tx, name, version, by)
    return next(one for one in await rule_books.list_versions(tx, name) if one.version == version)
