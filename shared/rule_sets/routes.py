"""The routes of a kind of rule set, made once for all kinds: written, listed, approved, put in force, ended."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from shared.chassis import (
    CurrentActor,
    Cursor,
    Id,
    IfMatch,
    Instant,
    Limit,
    Shape,
    Tx,
    allow,
    page_of,
    read_cursor,
    require_unchanged,
    sends,
    service_router,
    show_etag,
)
from shared.chassis.access import Policy
from shared.chassis.http.instants import refuse_future
from shared.messaging import Transaction
from shared.rule_sets import handlers, repository
from shared.rule_sets.kinds import RuleSetKind
from shared.rule_sets.lifecycle import RuleSetVersion
from shared.rule_sets.schemas import (
    RuleSetActivationCreate,
    RuleSetShapes,
    RuleSetStepCreate,
    RuleSetVersionRead,
    shapes_of,
)
from shared.rule_sets.timeline import VersionKey

EMERGENCIES = Policy(frozenset({"policies:emergency"}))
KnownAt = Annotated[Instant | None, Query(description="as it was known when; now, if not given")]
Facts = Callable[[Transaction, Sequence[RuleSetVersion]], Awaitable[Mapping[VersionKey, Mapping[str, Any]]]]
"""(tx, versions) -> by (id, version), the further fields (or another `status`) of the kind's own version read."""


def rule_set_routes(
    kind: RuleSetKind[Any],
    url: str,
    document: type[Shape],
    *,
    singular: str,
    tags: Sequence[str],
    read: str | Sequence[str],
    write: str | Sequence[str] = "policies:write",
    approve: str | Sequence[str] = "policies:approve",
    dependencies: Sequence[Any] = (),
    named: bool = False,
    version_read: type[RuleSetVersionRead] = RuleSetVersionRead,
    facts: Facts | None = None,
) -> APIRouter:
    """The router of a kind at `url` (`/v1/stage-rules`).

    `document` is what a document looks like over HTTP (`kind.read` is the domain's own reading of it, which refuses
    what makes no sense). `singular` (`stage_rules`, `tier_policy`) gives operation ids and schema titles their names.
    `read`, `write`, `approve`: scopes. With `named`, each version has a name in both languages. A kind with further
    fields in its reads hands a subclass as `version_read`, and `facts` that tells them.
    """
    title = "".join(word.title() for word in singular.split("_"))
    shapes = shapes_of(title, document, version_read, named=named)
    router = service_router(prefix=url, tags=tags, dependencies=dependencies)
    show = _Reads(kind, shapes, facts)
    _add_reads(router, kind, shapes, show, singular, _allow(read))
    _add_writes(router, kind, shapes, show, singular, _allow(write))
    _add_decisions(router, kind, shapes, show, singular, _allow(approve))
    _add_beginning_and_end(router, kind, shapes, show, singular, _allow(approve))
    return router


def _allow(scopes: str | Sequence[str]) -> list[Any]:
    return [allow(scopes) if isinstance(scopes, str) else allow(*scopes)]


class _Reads:
    """Makes the kind's reads of versions, with the facts that the kind tells of them."""

    def __init__(self, kind: RuleSetKind[Any], shapes: RuleSetShapes, facts: Facts | None) -> None:
        self.kind, self.shapes, self._facts = kind, shapes, facts

    async def versions(self, tx: Transaction, versions: Sequence[RuleSetVersion]) -> list[RuleSetVersionRead]:
        facts = {} if self._facts is None else await self._facts(tx, versions)
        return [
            self.shapes.version(**_fields(version, tx.at) | dict(facts.get((version.id, version.version), {})))
            for version in versions
        ]

    async def version(self, tx: Transaction, version: RuleSetVersion) -> RuleSetVersionRead:
        return (await self.versions(tx, [version]))[0]


def _fields(version: RuleSetVersion, now: datetime) -> dict[str, Any]:
    shown = {name: getattr(version, name) for name in RuleSetVersionRead.model_fields if name != "status"}
    return shown | {"status": version.status_at(now)}


def _add_reads(
    router: APIRouter,
    kind: RuleSetKind[Any],
    shapes: RuleSetShapes,
    show: _Reads,
    singular: str,
    policy: list[Any],
) -> None:
    @router.get("", name=f"list_{router.prefix.rpartition('/')[2].replace('-', '_')}", dependencies=policy,
                response_model=shapes.page)  # fmt: skip
    async def list_rule_sets(tx: Tx, cursor: Cursor = None, limit: Limit = 50) -> Any:
        """Of each rule set the version in force, or else the newest."""
        after = read_cursor(cursor, UUID)
        versions = await repository.list_newest(tx, kind, after[0] if after else None, limit + 1)
        return page_of(await show.versions(tx, versions), limit, lambda version: (version.id,))

    @router.get("/in-force", name=f"show_{singular}_in_force", dependencies=policy, response_model=shapes.in_force)
    async def show_in_force(
        tx: Tx,
        as_of: Annotated[Instant | None, Query(description="in force when; now, if not given")] = None,
        known_at: KnownAt = None,
    ) -> Any:
        """What was in force at an instant (which may be to come), as it was known at another."""
        instant, known = as_of or tx.at, known_at or tx.at
        refuse_future(known, tx.at, "/known_at")
        in_force = await repository.rule_sets_at(tx, kind, instant, known_at)
        items = []
        for version_in_force in in_force:
            version = await repository.find_version(tx, kind, version_in_force.key)
            assert version is not None  # versions are never deleted
            interval = {
                "effective_from": version_in_force.effective_from,
                "effective_to": version_in_force.effective_to,
            }
            items.append(_fields(version, tx.at) | interval)
        return shapes.in_force(as_of=instant, known_at=known, items=items)

    @router.get(
        "/{rule_set_id}", name=f"show_{singular}", dependencies=policy, response_model=shapes.whole,
        responses={200: sends("ETag")},
    )  # fmt: skip
    async def show_rule_set(rule_set_id: Id, tx: Tx, response: Response) -> Any:
        """The version in force, or else the newest; all versions and their history. The ETag changes with each step."""
        versions = await repository.list_versions(tx, kind, rule_set_id)
        steps = await repository.list_steps(tx, kind, rule_set_id)
        show_etag(response, len(steps))
        shown = await show.versions(tx, versions)
        current = next((i for i, version in enumerate(versions) if version.in_force_at(tx.at)), 0)
        return shapes.whole(**shown[current].model_dump(), versions=shown, steps=steps)


def _add_writes(
    router: APIRouter,
    kind: RuleSetKind[Any],
    shapes: RuleSetShapes,
    show: _Reads,
    singular: str,
    policy: list[Any],
) -> None:
    body_type = shapes.create

    def parts(body: Any) -> dict[str, Any]:
        name = getattr(body, "name", None)
        return {"name": None if name is None else name.model_dump(), "note": body.note}

    def document_of(body: Any) -> dict[str, Any]:
        return body.document.model_dump(mode="json", by_alias=True, exclude_none=True)  # type: ignore[no-any-return]

    @router.post(
        "", name=f"write_{singular}", status_code=201, dependencies=policy, response_model=shapes.version,
        responses={201: sends("Location")},
    )  # fmt: skip
    async def write_rule_set(body: body_type, tx: Tx, actor: CurrentActor, response: Response) -> Any:  # type: ignore[valid-type]
        """A new rule set (where there can be one only: a new version of it), as a draft. It is checked now, so that
        it can be put in force later."""
        version = await handlers.write_version(tx, kind, document_of(body), actor.subject, **parts(body))
        response.headers["Location"] = f"{router.prefix}/{version.id}"
        return await show.version(tx, version)

    @router.post(
        "/{rule_set_id}/versions", name=f"write_{singular}_version", status_code=201, dependencies=policy,
        response_model=shapes.version,
    )  # fmt: skip
    async def write_version(
        rule_set_id: Id, body: body_type, tx: Tx, actor: CurrentActor, if_match: IfMatch = None  # type: ignore[valid-type]
    ) -> Any:  # fmt: skip
        """A new version, as a draft. What is in force stays so until somebody else has approved this one."""
        await _require_unchanged(tx, kind, rule_set_id, if_match)
        version = await handlers.write_version(
            tx, kind, document_of(body), actor.subject, rule_set_id=rule_set_id, **parts(body)
        )
        return await show.version(tx, version)


def _add_decisions(
    router: APIRouter,
    kind: RuleSetKind[Any],
    shapes: RuleSetShapes,
    show: _Reads,
    singular: str,
    policy: list[Any],
) -> None:
    options: dict[str, Any] = {"dependencies": policy, "response_model": shapes.version}

    @router.post("/{rule_set_id}/approval", name=f"approve_{singular}", **options)
    async def approve(
        rule_set_id: Id, request: Request, tx: Tx, actor: CurrentActor, body: RuleSetStepCreate | None = None,
        if_match: IfMatch = None,
    ) -> Any:  # fmt: skip
        """By somebody else than its author (403 `own_rule_set`). It is not in force yet."""
        await _require_unchanged(tx, kind, rule_set_id, if_match)
        body = body or RuleSetStepCreate()
        version = await handlers.approve_version(
            tx, kind, rule_set_id, body.version, actor.subject, note=body.note, settings=_settings(request)
        )
        return await show.version(tx, version)

    @router.post("/{rule_set_id}/rejection", name=f"reject_{singular}", **options)
    async def reject(
        rule_set_id: Id, tx: Tx, actor: CurrentActor, body: RuleSetStepCreate | None = None, if_match: IfMatch = None
    ) -> Any:
        """A draft, or one that was approved, is never put in force."""
        await _require_unchanged(tx, kind, rule_set_id, if_match)
        body = body or RuleSetStepCreate()
        version = await handlers.reject_version(tx, kind, rule_set_id, body.version, actor.subject, note=body.note)
        return await show.version(tx, version)


def _add_beginning_and_end(
    router: APIRouter,
    kind: RuleSetKind[Any],
    shapes: RuleSetShapes,
    show: _Reads,
    singular: str,
    policy: list[Any],
) -> None:
    waits = {202: {"model": shapes.version, "description": "it waits for a second person"}}
    options: dict[str, Any] = {"dependencies": policy, "response_model": shapes.version, "responses": waits}

    @router.post("/{rule_set_id}/activation", name=f"activate_{singular}", **options)
    async def activate(
        rule_set_id: Id, request: Request, response: Response, tx: Tx, actor: CurrentActor,
        body: RuleSetActivationCreate | None = None, if_match: IfMatch = None,
    ) -> Any:  # fmt: skip
        """It is in force from now on (or after the notice of these rules), or from an instant to come; what it takes
        the place of ends there. Who activates a version that nobody has approved yet approves it with that, and so is
        not its author. A version that was in force before comes back when two people ask for it: the first one's
        request is 202 and changes nothing. With `emergency` (scope `policies:emergency`) a version that was approved
        begins without notice, activated by a third person."""
        await _require_unchanged(tx, kind, rule_set_id, if_match)
        body = body or RuleSetActivationCreate()
        if body.emergency:
            EMERGENCIES.check(actor)
        version = await handlers.activate_version(
            tx, kind, rule_set_id, body.version, actor.subject, effective_from=body.effective_from,
            emergency=body.emergency, note=body.note, settings=_settings(request),
        )  # fmt: skip
        response.status_code = 200 if version.status == "active" else 202
        return await show.version(tx, version)

    @router.post("/{rule_set_id}/retirement", name=f"retire_{singular}", **options)
    async def retire(
        rule_set_id: Id, response: Response, tx: Tx, actor: CurrentActor, body: RuleSetStepCreate | None = None,
        if_match: IfMatch = None,
    ) -> Any:  # fmt: skip
        """The version in force ends now; one whose beginning is still to come is called off, and what it would have
        ended goes on. Two people ask for it: the first one's request is 202 and changes nothing."""
        await _require_unchanged(tx, kind, rule_set_id, if_match)
        body = body or RuleSetStepCreate()
        version = await handlers.retire_version(tx, kind, rule_set_id, body.version, actor.subject, note=body.note)
        response.status_code = 202 if version.status == "active" else 200
        return await show.version(tx, version)


async def _require_unchanged(
    tx: Transaction, kind: RuleSetKind[Any], rule_set_id: UUID, if_match: str | None
) -> None:  # fmt: skip
    """412 when the history has gone on since it was read."""
    if if_match is not None:
        await repository.lock_kind(tx, kind)
        require_unchanged(if_match, len(await repository.list_steps(tx, kind, rule_set_id)))


def _settings(request: Request) -> Any:
    return request.app.state.service.settings
