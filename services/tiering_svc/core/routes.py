"""The routes of a rule book: what is in force, writing a version, putting one in force by a second person."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter

from services.tiering_svc.core.dependencies import not_for_partners
from services.tiering_svc.core.handlers.rule_books import activate_rules, write_rules
from services.tiering_svc.core.repository import rule_books
from services.tiering_svc.core.repository.rule_books import RuleBook
from services.tiering_svc.core.schemas.rule_set_versions import RuleBookActivation, RuleBookRead, RuleBookVersionRead
from shared.chassis import CurrentActor, Shape, Tx, allow
from shared.errors import not_found


def add_rule_book(
    router: APIRouter, path: str, name: str, shape: type[Shape], check: Callable[[Mapping[str, Any]], object]
) -> None:
    """`GET path`, `POST path/versions` and `POST path/activation` for the book of this name.

    `shape` is what a document looks like over HTTP; `check` is the domain's own reading of it, which refuses.
    """
    called = name.replace("-", "_")

    @router.get(path, name=f"show_{called}", dependencies=[allow("tiers:read"), not_for_partners])
    async def show(tx: Tx) -> RuleBookRead:
        """The version in force, and all there are."""
        versions = await rule_books.list_versions(tx, name)
        active = next((one for one in versions if one.status == "active"), None)
        if active is None:
            raise not_found("no_rules_in_force", "No version of these rules is in force.")
        return RuleBookRead(**_version(active).model_dump(), versions=[_version(one) for one in versions])

    @router.post(
        f"{path}/versions",
        name=f"write_{called}",
        status_code=201,
        dependencies=[allow("policies:write"), not_for_partners],
    )
    async def write(body: shape, tx: Tx, actor: CurrentActor) -> RuleBookVersionRead:  # type: ignore[valid-type]
        """A new draft. What is in force stays so until somebody else activates it."""
        document = body.model_dump(mode="json", by_alias=True, exclude_none=True)  # type: ignore[attr-defined]
        check(document)
        return _version(await write_rules(tx, name, document, actor.subject))

    @router.post(
        f"{path}/activation", name=f"activate_{called}", dependencies=[allow("policies:approve"), not_for_partners]
    )
    async def activate(body: RuleBookActivation, tx: Tx, actor: CurrentActor) -> RuleBookVersionRead:
        """Not by the version's own author."""
        return _version(await activate_rules(tx, name, body.version, actor.subject))


def _version(book: RuleBook) -> RuleBookVersionRead:
    return RuleBookVersionRead.model_validate(book)
