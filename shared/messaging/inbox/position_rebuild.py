"""Positions that contradict their owners' logs are set back, and what they covered takes effect again, once.

A position is damaged when it stands beyond its owner's log, or names another event than the log has under its number.
What was applied under it is not known then, so all of its stream is taken again from the first event: facts have ids
of their own, and who knows one already changes nothing. Copies that add up would count twice: they are made anew.
"""

from collections.abc import Sequence

from shared.messaging.copies import Copy
from shared.messaging.database.transaction import Transaction
from shared.messaging.inbox.copy_rebuild import NotRebuilt, RebuiltPage, rebuild_keys
from shared.messaging.inbox.inbox import Inbox
from shared.messaging.inbox.positions import lock_positions, position_of
from shared.messaging.inbox.received import StreamPosition


async def rebuild_positions(inbox: Inbox, topic: str, after: str, limit: int, *, every: bool = False) -> RebuiltPage:
    """The positions in a topic after the key `after`, at most `limit` looked at; `every`: as if all were damaged.

    Raises what keeps the owner from answering.
    """
    positions = await inbox.database.run(lambda tx: _list_positions(tx, topic, after, limit))
    page = RebuiltPage(next_after=positions[-1][0] if len(positions) == limit else None)
    for key, position in positions:
        if position.blocked:
            if every:
                page.left[key] = "parked"  # an operator decides first: `patron parked`
        elif every or await _is_damaged(inbox, topic, key, position):
            try:
                await _take_again(inbox, topic, key)
                page.rebuilt += 1
            except NotRebuilt as error:
                page.left[key] = str(error)
    return page


async def _is_damaged(inbox: Inbox, topic: str, key: str, position: StreamPosition) -> bool:
    if not position.last_seq:
        return False
    assert inbox.log_client is not None
    log_slice = await inbox.log_client.read_slice(topic, key, position.last_seq, position.epoch)
    if log_slice.epoch != position.epoch or log_slice.first_available > position.last_seq:
        return False  # another life of the owner, or dropped months: the consumer aligns with those
    if not log_slice.events:
        return True
    return log_slice.events[0].event_id != position.last_event_id


async def _take_again(inbox: Inbox, topic: str, key: str) -> None:
    assert inbox.log_client is not None
    if (await inbox.log_client.read_slice(topic, key, 1, None)).first_available > 1:
        raise NotRebuilt("log_begins_later")
    adding_up = [copy for copy in inbox.subscriptions.copies.values() if copy.adds_up and topic in copy.topics]
    others = Inbox(inbox.database, inbox.subscriptions.without(adding_up), inbox.log_client)

    async def set_back(tx: Transaction) -> None:
        await lock_positions(tx, {(topic, key)})
        await tx.raw.execute("delete from stream_seen where topic = $1 and key = $2", topic, key)

    await inbox.database.run(set_back)
    await others.pull(topic, key)
    await _add_up_again(inbox, adding_up, key)


async def _add_up_again(inbox: Inbox, copies: Sequence[Copy], key: str) -> None:
    for copy in copies:
        try:
            await rebuild_keys(inbox, copy, [key])
        except NotRebuilt as error:
            if str(error) != "position_beyond_log":  # in another topic: who mends that one adds up as well
                raise


async def _list_positions(tx: Transaction, topic: str, after: str, limit: int) -> list[tuple[str, StreamPosition]]:
    rows = await tx.raw.fetch(
        """select key, epoch, last_seq, last_event_id, blocked_at from stream_seen
           where topic = $1 and key > $2 order by key limit $3""",
        topic, after, limit,
    )  # fmt: skip
    return [(row["key"], position_of(row)) for row in rows]
