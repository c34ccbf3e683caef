"""The tables complaint owns: cases and their histories, deadlines, the copy of the tier, the calendar and the rules."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Integer,
    Interval,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
)
from sqlalchemy import Date as Day
from sqlalchemy.dialects.postgresql import ARRAY

metadata = MetaData()

Moment = DateTime(timezone=True)

tier_copy = Table(  # who is known, and in which tier, as heard: from profile and tiering
    "tier_copy",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("tier", Text),
    Column("rank", Integer),
    Column("effective_from", Moment),
    Column("heard_at", Moment, nullable=False),
)

complaint_case = Table(  # nothing personal: what the rules read, and what lists are sorted by
    "complaint_case",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid),
    Column("partner_id", Uuid),  # the channel that filed it; it sees no others
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("order_id", Text),
    Column("sku", Text),
    Column("status", Text, nullable=False),
    Column("round", Integer, nullable=False),
    Column("tier", Text),
    Column("rung", Text, nullable=False),
    Column("waiting", Text),
    Column("satisfaction", Integer),
    Column("proposal_id", Uuid),  # the present round's last one
    Column("filed_at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("last_step_at", Moment, nullable=False),
    Column("step_count", Integer, nullable=False),
    Column("closed_at", Moment),
    Column("replayed_until", Moment),
    Column("next_due_at", Moment),  # of what runs or is breached and still owed
    Column("version", Integer, nullable=False),
)

case_story = Table(  # what people wrote and how to reach them: personal, it stays here and can be erased by the row
    "case_story",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("product", Text),
    Column("what_happened", Text, nullable=False),
    Column("happened_at", Moment),
    Column("bought_at", Moment),
    Column("usage", Text),
    Column("request", Text),
    Column("settlement_wish", Text),
    Column("contact_name", Text),
    Column("contact_phone", Text),
    Column("contact_email", Text),
)

case_step = Table(  # the history: immutable, but for a note that is erased
    "case_step",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("round", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("outcome", Text),
    Column("status_before", Text),
    Column("status_after", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("done_by", Text, nullable=False),
    Column("note", Text),
)

proposal = Table(
    "proposal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("round", Integer, nullable=False),
    Column("points", Integer, nullable=False),
    Column("amount", Numeric(18, 4), nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("answered_at", Moment),
    Column("accepted", Boolean),
)

deadline = Table(  # one row a case, round and stage; `remaining` is working time as of `running_since`
    "deadline",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("stage", Text, primary_key=True),
    Column("tier", Text),
    Column("allowance", Interval, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("remaining", Interval, nullable=False),
    Column("running_since", Moment),
    Column("warn_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("climb_at", Moment),
    Column("warned_at", Moment),
    Column("breached_at", Moment),
    Column("late_at", Moment),
    Column("met_at", Moment),
    Column("cancelled_at", Moment),
    Column("generation", Integer, nullable=False),
)

climb = Table(  # the rungs a case reached, each once
    "climb",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("rung", Text, primary_key=True),
    Column("round", Integer, nullable=False),
    Column("stage", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

deadline_rule = Table(  # allowances an operator wrote over those shipped
    "deadline_rule",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("severity", Text, primary_key=True),
    Column("tier", Text, primary_key=True),
    Column("acknowledgement", Interval),
    Column("proposal", Interval),
    Column("solution", Interval),
    Column("changed_at", Moment, nullable=False),
    Column("changed_by", Text, nullable=False),
)

calendar_day = Table(  # days an operator knows better than the published calendar
    "calendar_day",
    metadata,
    Column("day", Day, primary_key=True),
    Column("working", Boolean, nullable=False),
    Column("hours", ARRAY(Text), nullable=False),
    Column("note", Text),
    Column("changed_at", Moment, nullable=False),
    Column("changed_by", Text, nullable=False),
)
