"""What an operator has a service make anew from the owners' logs: its copies of others' facts, and how far
it has read.

A page of keys a call, while the service works; `patron rebuild` turns the pages.
"""

from typing import Annotated

from fastapi import Query, Request
from pydantic import Field

from shared.chassis.access.policy import allow
from shared.chassis.http.routing import service_router
from shared.chassis.http.shapes import Read
from shared.errors import not_found
from shared.messaging.inbox.copy_rebuild import RebuiltPage, rebuild_page
from shared.messaging.inbox.position_rebuild import rebuild_positions

MAX_KEYS = 200

router = service_router(prefix="/internal", tags=["internal"])

After = Annotated[str, Query(max_length=200, description="Go on after this key; empty: from the first.")]
Limit = Annotated[int, Query(ge=1, le=MAX_KEYS, description="How many keys at most.")]


class CopiesRead(Read):
    """What this service keeps of others' facts, and the topics it listens to."""

    copies: list[str]
    topics: list[str]


class RebuiltRead(Read):
    """One page: how many keys were made anew, which were left and why (a code), and where to go on, if anywhere."""

    rebuilt: int
    left: dict[str, str] = Field(
        description="Key: `parked`, `log_begins_later`, `epoch_to_align`, `position_beyond_log`."
    )
    next_after: str | None

    @classmethod
    def of(cls, page: RebuiltPage) -> "RebuiltRead":
        """The page as it is answered."""
        return cls(rebuilt=page.rebuilt, left=page.left, next_after=page.next_after)


@router.get("/copies", dependencies=[allow("internal", "ops")])
async def list_copies(request: Request) -> CopiesRead:
    """The copies that can be made anew, and the topics where positions can."""
    subscriptions = request.app.state.service.subscriptions
    return CopiesRead(copies=sorted(subscriptions.copies), topics=sorted(subscriptions.topics))


@router.post("/copies/{name}/rebuild", dependencies=[allow("internal", "ops")])
async def rebuild_a_page_of_a_copy(request: Request, name: str, after: After = "", limit: Limit = 100) -> RebuiltRead:
    """Forget the rows of the next keys and take the same events again, up to where each stream was read."""
    service = request.app.state.service
    copy = service.subscriptions.copies.get(name)
    if copy is None:
        raise not_found("copy_not_found", "This service keeps no such copy.")
    return RebuiltRead.of(await rebuild_page(service.inbox, copy, after, limit))


@router.post("/positions/{topic}/rebuild", dependencies=[allow("internal", "ops")])
async def rebuild_a_page_of_positions(
    request: Request,
    topic: str,
    after: After = "",
    limit: Limit = 100,
    every: Annotated[
        bool, Query(description="Take every stream again, not only those whose position is damaged.")
    ] = False,
) -> RebuiltRead:
    """Set damaged positions back and take their streams again; what is known already changes nothing."""
    service = request.app.state.service
    if topic not in service.subscriptions.topics:
        raise not_found("topic_not_found", "This service does not listen to that topic.")
    return RebuiltRead.of(await rebuild_positions(service.inbox, topic, after, limit, every=every))
