"""Facts that other services announce besides money: contacts, cases, traits of customers, and groups (T1, P2).

All of it is kept as it was announced, with both times; indicators are counted from it when they are asked for.
"""

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, Table, Text, Uuid

from services.tiering_svc.core.tables import Money, Timestamp, metadata

contact_fact = Table(
    "contact_fact",
    metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False),
    Column("employee_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("contacted_at", Timestamp, nullable=False),
    Column("next_step_on", Date),
    Column("next_step_owner", Text),
    Column("recorded_at", Timestamp, nullable=False),
    Column("completed_at", Timestamp),  # of the next step
    Column("completion_recorded_at", Timestamp),
)

case_fact = Table(  # its facts may come under several keys, so in any order: what is not known yet is null
    "case_fact",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("customer_id", Uuid),
    Column("customer_recorded_at", Timestamp),  # since when it is known whose case it is
    Column("customer_step", Integer, nullable=False, server_default="0"),  # the latest step that said so
    Column("kind", Text),
    Column("filed_at", Timestamp),
    Column("filed_recorded_at", Timestamp),
)

case_change = Table(
    "case_change",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("changed_at", Timestamp, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("satisfaction", Integer),
    Column("recorded_at", Timestamp, nullable=False),
)

customer_traits = Table(  # one row for each change, so that the file is known as it was then
    "customer_traits",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("changed_at", Timestamp, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    Column("kind", Text, nullable=False),
    Column("region", Text),
    Column("industry", Text),
    Column("legal_nature", Text),
    Column("acquisition_source", Text),
    Column("listed", Boolean),
    Column("employees", BigInteger),
    Column("registered_capital", Money),
    Column("annual_sales", Money),
    Column("founded_year", Integer),
    Column("age_band", Text),
    Column("income_band", Text),
    Column("household_size", Text),
    Column("completeness", Integer, nullable=False),
    Column("age_band_since", Integer),
)

group_parent = Table(  # from `since` until the customer's next row it is below the parent; null: below nobody
    "group_parent",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("since", Timestamp, primary_key=True),
    Column("parent_id", Uuid),
    Column("recorded_at", Timestamp, nullable=False),
)
