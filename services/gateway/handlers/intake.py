"""Intake's door: whose report it is, checked before it waits, written in a group, answered after the commit."""

from collections.abc import Sequence

from services.gateway.domain.orders import Answer, Receipt, ReportedOrder
from services.gateway.domain.references import OWN_SOURCE, Reporter, source_named, source_of_partner
from services.gateway.domain.rules import IntakeRules
from services.gateway.handlers.group_commit import GroupCommit
from services.gateway.handlers.orders import accept_reported_orders
from services.gateway.handlers.partners import SourceNames
from shared.chassis import Actor
from shared.messaging import Database, Transaction


class Intake:
    """One a process."""

    def __init__(self, database: Database, rules: IntakeRules, sources: Sequence[str]) -> None:
        self.database = database
        self.rules = rules
        self.names = SourceNames((OWN_SOURCE, *sources))
        self.orders: GroupCommit[ReportedOrder, Receipt] = GroupCommit(database, self._accept)
        self._reporters: dict[Actor, Reporter] = {}

    def reporter(self, actor: Actor) -> Reporter:
        reporter = self._reporters.get(actor)
        if reporter is None:
            reporter = reporter_of(actor)
            if len(self._reporters) > 4096:
                self._reporters.clear()
            self._reporters[actor] = reporter
        return reporter

    async def source(self, reporter: Reporter, named: str | None, pointer: str = "/customer/source") -> str:
        """The registered source that a report names, or its reporter's own."""
        if named is None or named == reporter.source:
            return reporter.source
        return source_named(reporter, named, await self.names.including(named, self.database), pointer)

    async def _accept(self, tx: Transaction, orders: Sequence[ReportedOrder]) -> Sequence[Answer]:
        return await accept_reported_orders(tx, orders, self.rules)


def reporter_of(actor: Actor) -> Reporter:
    """An actor in intake's terms: a partner's source is fixed, the company's own people and systems are `patron`."""
    may_backdate = "history" in actor.scopes
    if actor.partner_id is not None:
        return Reporter(source_of_partner(actor.partner_id), is_partner=True, may_backdate=may_backdate)
    return Reporter(may_backdate=may_backdate)
