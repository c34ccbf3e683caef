"""What a service says of its tables: whose rows they have, what in them is personal, what an erasure does with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Blanks = dict[str, str]
"""Column -> the SQL expression that an erasure writes into it."""


def nulled(columns: str) -> Blanks:
    """These columns become null (names parted by spaces)."""
    return dict.fromkeys(columns.split(), "null")


def emptied(columns: str) -> Blanks:
    """These columns, which may not be null or whose being null says something, become the empty text."""
    return {column: f"case when {column} is not null then '' end" for column in columns.split()}


def without_words(column: str) -> Blanks:
    """This JSON document stays, with the texts of its `reason` and `says` emptied."""
    words = r"""'"(reason|says)": "([^"\\]|\\.)*"', '"\1": ""', 'g'"""
    return {column: f"regexp_replace({column}::text, {words})::jsonb"}


@dataclass(frozen=True, slots=True)
class Rows:
    """A table with rows about customers.

    `of`: an SQL condition that holds for the rows of the customers in $1 (`uuid[]`); the table is called `t` in it.
    `blank`: what an erasure writes into the columns that may hold something personal. `renew`: what it writes besides,
    into rows that it blanks. `codes`: the names of the other columns of text or bytes, which hold codes, ids, digests
    or names of the company's own people. `delete`: the whole row goes, so that its columns need no word. `along`: a
    condition like `of`, for rows that may be about them as well as about somebody else: erased with theirs, and in
    nobody's export.
    """

    of: str
    blank: Blanks = field(default_factory=dict)
    renew: Blanks = field(default_factory=dict)
    codes: str = ""
    delete: bool = False
    along: str = ""

    @property
    def erased(self) -> str:
        """An SQL condition that holds for the rows that an erasure looks at."""
        return f"({self.of}) or ({self.along})" if self.along else self.of

    @property
    def left(self) -> str:
        """An SQL condition that holds for a row that still has something to erase; empty where nothing ever has."""
        if self.delete:
            return "true"
        return " or ".join(f"t.{column} is distinct from ({value})" for column, value in self.blank.items())

    @property
    def columns(self) -> frozenset[str]:
        """The names of all columns that were spoken of."""
        return frozenset({*self.blank, *self.renew, *self.codes.split()})


@dataclass(frozen=True, slots=True)
class Apart:
    """A table with nothing about a customer to erase by its rows, and why. `codes`: its columns of text and bytes."""

    why: str
    codes: str = ""

    @property
    def columns(self) -> frozenset[str]:
        """The names of all columns that were spoken of."""
        return frozenset(self.codes.split())


@dataclass(frozen=True, slots=True)
class PersonalData:
    """All tables of a service. Rows are erased in the order of `tables`: what others are found by comes last.

    `mentions`: SQL that returns the ids, as text, of what is about the customers in $1, for stored replies and parked
    events that name one of them.
    """

    service: str
    tables: Mapping[str, Rows | Apart]
    mentions: str = "select id::text from unnest($1::uuid[]) as id"

    @property
    def rows(self) -> list[tuple[str, Rows]]:
        """The tables with rows about customers, in the order in which they are erased."""
        return [(name, table) for name, table in self.tables.items() if isinstance(table, Rows)]


RULE_SETS: Mapping[str, Apart] = {
    "rule_set_version": Apart(
        "rules of the company, which are about nobody",
        "kind slot name document fingerprint status author note approved_by activated_by retired_by",
    ),
    "rule_set_step": Apart("who put which rules in force", "kind step by note"),
}
"""The tables of `shared.rule_sets`, for services that have them."""

SHARED: Mapping[str, Rows | Apart] = {
    "outbox": Apart(
        "events hold ids, amounts and codes; `patron verify` reads them all",
        "topic key type payload digest traceparent",
    ),
    "outbox_unsent": Apart("positions of events not sent yet"),
    "stream_head": Apart("positions of streams", "topic key"),
    "stream_epoch": Apart("positions of streams"),
    "epoch_begin": Apart("positions of streams"),
    "epoch_head": Apart("positions of streams", "topic key"),
    "stream_seen": Apart("positions of streams", "topic key"),
    "stream_hole": Apart("events that were gone past, without their content", "topic key type reason dropped_by"),
    "epoch_difference": Apart("positions of streams", "topic key"),
    "broker_seen": Apart("which broker it was", "cluster_id"),
    "outbox_cut": Apart("positions of streams", "topic key partition"),
    "parked": Apart(
        "others' events; what an erased customer's key has of ended and of forged ones is emptied by `erase_mentions`",
        "topic key type payload reason detail ended_by",
    ),
    "timer": Apart("when what is due, by ids", "aggregate kind state last_error"),
    "deployment": Apart("the currency and the time zone", "currency time_zone"),
    "idempotency": Apart(
        "replies of two days; those that mention an erased customer are deleted by `erase_mentions`",
        "digest sent path headers body",
    ),
    "customer_merge": Apart("which ids are one"),
    "access_trail": Rows(
        "t.customer_id = any($1)", codes="actor action subject fields purpose"
    ),
    "access_trail_seal": Apart("digests over the trail", "digest"),
    "erased_customer": Apart("whose data was erased, by ids"),
    "job": Apart(
        "ids, codes and instants; who asked",
        "kind lane once params cursor status error requested_by cancelled_by",
    ),
    "alembic_version": Apart("the schema's version", "version_num"),
}  # fmt: skip
"""The tables that every service has."""

PEOPLE: Mapping[str, Rows | Apart] = {
    "customer_source": Rows("t.customer_id = any($1)", codes="source"),
    "account_team": Rows("t.customer_id = any($1)", codes="employee_id role"),
    "unit_copy": Apart("the company's own tree", "unit parent"),
    "employee_copy": Apart("the company's own people", "employee_id unit deputy_id"),
    "employee_centre": Apart("the company's own people", "employee_id centre"),
    "employee_absence": Apart("the company's own people", "employee_id deputy_id"),
}
"""The tables of services that keep copies of people."""
