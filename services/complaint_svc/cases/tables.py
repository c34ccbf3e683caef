"""Cases and their histories."""

from sqlalchemy import Column, Integer, Table, Text, Uuid

from services.complaint_svc.core.tables import Timestamp, metadata

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
    Column("region", Text),  # the customer's, as its file said it when the case became its own, or began a round
    Column("escalation_level", Text, nullable=False),
    Column("waiting", Text),
    Column("satisfaction", Integer),
    Column("proposal_id", Uuid),  # the present round's last one
    Column("filed_at", Timestamp, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    Column("last_step_at", Timestamp, nullable=False),
    Column("step_count", Integer, nullable=False),
    Column("closed_at", Timestamp),
    Column("replayed_until", Timestamp),
    Column("next_due_at", Timestamp),  # of what runs or is breached and still owed
    Column("version", Integer, nullable=False),
)

case_story = Table(  # what people wrote and how to reach them: personal, it stays here and can be erased by the row
    "case_story",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("product", Text),
    Column("what_happened", Text, nullable=False),
    Column("happened_at", Timestamp),
    Column("bought_at", Timestamp),
    Column("usage", Text),
    Column("request", Text),
    Column("settlement_wish", Text),
    Column("contact_name", Text),
    Column("contact_phone", Text),
    Column("contact_email", Text),
    Column("digest", Text, nullable=False),  # of all of it, as the database computes it
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
    Column("at", Timestamp, nullable=False),
    Column("recorded_at", Timestamp, nullable=False),
    Column("done_by", Text, nullable=False),
    Column("note", Text),
    Column("partner_id", Uuid),  # the partner that took it, who may read its note
    Column("from_customer", Uuid),  # of an identification: whose case it was taken for until then
    Column("to_customer", Uuid),  # of an identification: whose case it is
)

escalation = Table(  # the levels a case reached, each once
    "escalation",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("escalation_level", Text, primary_key=True),
    Column("round", Integer, nullable=False),
    Column("stage", Text, nullable=False),
    Column("at", Timestamp, nullable=False),
)
