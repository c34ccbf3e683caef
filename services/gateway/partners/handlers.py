"""Partners are opened and found; whose a report is, by the names that sources go by."""

import time
from collections.abc import Collection, Mapping
from uuid import UUID

from services.gateway.partners.domain import Partner, check_code
from services.gateway.partners.repository import add_partner, find_partner, names_of_sources
from services.gateway.references.domain import OWN_SOURCE, Reporter, source_named
from shared.chassis import Actor
from shared.errors import conflict, not_found
from shared.messaging import Database, Transaction, new_id


async def open_partner(tx: Transaction, code: str, name: str, own_sources: Collection[str]) -> Partner:
    """Open a partner under a code that no other source goes by."""
    check_code(code, own_sources)
    partner = Partner(new_id(), code, name, tx.at)
    if not await add_partner(tx, partner):
        raise conflict("code_taken", "Another partner has this code.", pointer="/code")
    return partner


async def load_partner(tx: Transaction, partner_id: UUID) -> Partner:
    """The partner, or 404 `partner_not_found`."""
    partner = await find_partner(tx, partner_id)
    if partner is None:
        raise not_found("partner_not_found", "There is no such partner.")
    return partner


class SourceDirectory:
    """Whose reports these are: an actor's reporter, and the registered source behind a name. One a process, in memory,
    because each order asks."""

    REFRESH_SECONDS = 0.2  # an unknown name is asked for in the database at most so often
    MOST_REMEMBERED = 4096  # reporters

    def __init__(self, database: Database, own_sources: Collection[str]) -> None:
        """`own_sources`: the company's own systems that send ids of their own, beside "patron"."""
        self.database = database
        self._own = {name: name for name in (OWN_SOURCE, *own_sources)}
        self._names: dict[str, str] = dict(self._own)
        self._read_at = -self.REFRESH_SECONDS
        self._reporters: dict[Actor, Reporter] = {}

    def reporter(self, actor: Actor) -> Reporter:
        """`reporter_of`, remembered."""
        reporter = self._reporters.get(actor)
        if reporter is None:
            reporter = reporter_of(actor)
            if len(self._reporters) > self.MOST_REMEMBERED:
                self._reporters.clear()
            self._reporters[actor] = reporter
        return reporter

    async def source(self, reporter: Reporter, named: str | None, pointer: str = "/customer/source") -> str:
        """The registered source that a report names, or its reporter's own.

        403 `foreign_source` for a partner that names another's, 422 `unknown_source` for a name nobody registered.
        """
        if named is None or named == reporter.source:
            return reporter.source
        return source_named(reporter, named, await self._names_including(named), pointer)

    async def is_known(self, named: str) -> bool:
        """Whether somebody registered this source, under its own name."""
        return (await self._names_including(named)).get(named) == named

    async def _names_including(self, name: str) -> Mapping[str, str]:
        """Every name a registered source goes by; read again first when this one is not among them."""
        if name not in self._names and time.monotonic() - self._read_at >= self.REFRESH_SECONDS:
            async with self.database.transaction() as tx:
                self._names = await names_of_sources(tx) | self._own
            self._read_at = time.monotonic()
        return self._names

    def forget_names(self) -> None:
        """A partner was added here: the names are read again at the next unknown one."""
        self._read_at = -self.REFRESH_SECONDS


def reporter_of(actor: Actor) -> Reporter:
    """An actor as a reporter: a partner's source is fixed, the company's own people and systems are `patron`.

    An employee who is held to accounts reports of those only.
    """
    may_backdate = "history" in actor.scopes
    if actor.source is not None:
        return Reporter(actor.source, is_partner=True, may_backdate=may_backdate)
    return Reporter(may_backdate=may_backdate, held_to=None if actor.sees_every_customer else actor)
