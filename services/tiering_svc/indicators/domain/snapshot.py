"""A customer's snapshot (T1): everything an indicator may look at, as of one instant, as known at another.

None is "not known", never 0. A class of facts that was not loaded is not known either.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.tiering_svc.core.domain.numbers import ZERO, quotient
from services.tiering_svc.indicators.domain.figures import Figures

CLASSES = ("transaction", "finance", "contact", "profile")
ALL_CLASSES = frozenset(CLASSES)


@dataclass(frozen=True, slots=True)
class Receivables:
    """Money owed and paid (finance indicators): sums, so that those of a group can be added up."""

    largest_receipt: Decimal | None = None
    receipts: int = 0
    received: Decimal = ZERO
    collected: Decimal = ZERO  # of what was received, that on receivables whose day of issue is known
    collected_days: Decimal = ZERO  # each such amount times its days from issue to payment
    outstanding: Decimal | None = None
    arrears: Decimal | None = None
    receivables: int = 0
    in_arrears: int = 0

    @property
    def average_receipt(self) -> Decimal | None:
        """Received over the number of receipts; None without any."""
        return quotient(self.received, self.receipts)

    @property
    def collection_days(self) -> Decimal | None:
        """Days from issue to payment, weighted by what was paid; None where nothing was."""
        return quotient(self.collected_days, self.collected)


@dataclass(frozen=True, slots=True)
class Contacts:
    """Dealings with the customer (contact indicators): contacts made, next steps agreed, and cases of every kind.

    Counts are of the window unless noted. None: the class was not loaded.
    """

    contacts: int | None = None
    tasks: int | None = None  # next steps agreed at these contacts
    done_tasks: int | None = None  # of these, those that were done by then
    open_tasks: int | None = None  # agreed at any time and not done by then
    overdue_tasks: int | None = None  # of these, those whose day has passed
    complaints: int | None = None  # filed; the five below too
    suggestions: int | None = None
    praises: int | None = None
    consultations: int | None = None
    repairs: int | None = None
    other_cases: int | None = None  # of kinds that this release does not know
    open_cases: int | None = None  # at that instant, whenever they were filed
    closed_cases: int | None = None  # closed in the window, and not opened again
    rated_cases: int | None = None  # of these, those with a satisfaction
    satisfaction_sum: int | None = None
    last_contact_at: datetime | None = None  # ever
    answers: int | None = None  # questionnaires of the window
    score_sum: Decimal | None = None  # of their scores: experience less expectation


@dataclass(frozen=True, slots=True)
class Traits:
    """Who the customer is (profile indicators): codes and amounts of its file, and the size of its group."""

    kind: str | None = None
    region: str | None = None
    industry: str | None = None
    legal_nature: str | None = None
    acquisition_source: str | None = None
    listed: bool | None = None
    employees: int | None = None
    registered_capital: Decimal | None = None
    annual_sales: Decimal | None = None
    founded_year: int | None = None
    age_band: str | None = None  # at the last change of the file
    income_band: str | None = None
    household_size: str | None = None
    completeness: int | None = None
    age_band_since: int | None = None  # the year the person came into it; None: the file says the band itself
    group_size: int | None = None  # the customer itself and all below it (P2)


class SnapshotRequest(NamedTuple):
    """Which customer, as of which instant, over a window of how many months that ends with the instant's own."""

    customer_id: UUID
    as_of: datetime
    months: int


def requests_as_of(customers: Iterable[UUID], as_of: datetime, months: int) -> list[SnapshotRequest]:
    """One request for each customer, in their order, all as of the same instant over the same window."""
    return [SnapshotRequest(customer_id, as_of, months) for customer_id in customers]


@dataclass(frozen=True, slots=True)
class CustomerSnapshot:
    """What is known of a customer as of `as_of`: sums of the window of `months` months that ends with `last_month`,
    its first and last order ever, and the other classes of facts as far as they were loaded."""

    figures: Figures
    as_of: datetime
    last_month: date
    months: int
    first_order_ever: datetime | None = None
    last_order_ever: datetime | None = None
    receivables: Receivables = Receivables()
    contacts: Contacts = Contacts()
    traits: Traits = Traits()
    members: int = 1  # of how many customers of a group these are the figures together (P2)
