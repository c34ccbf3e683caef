"""Customer files, the rows made from them so that they can be found, and how those of merged customers are one."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, SmallInteger, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from services.profile_svc.core.tables import Timestamp, metadata

customer = Table(  # the file: one row, its facts as the HTTP shape checked them
    "customer",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("completeness", SmallInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("registered_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
    Column("root_id", Uuid),  # who stands for it (P12), by the merges in force; null: it is merged with nobody
    CheckConstraint("kind in ('organisation', 'person', 'unknown')", name="customer_kind"),
    CheckConstraint("completeness between 0 and 100", name="customer_completeness"),
    CheckConstraint("version >= 1", name="customer_version"),
    Index("customer_tax_id", text("(facts ->> 'tax_id')"), postgresql_where=text("facts ? 'tax_id'")),
    Index("customer_root", "root_id", postgresql_where=text("root_id is not null")),
)
customer_name = Table(  # made from the facts, for search (P12)
    "customer_name",
    metadata,
    Column("customer_id", ForeignKey("customer.id", ondelete="cascade"), primary_key=True),
    Column("position", SmallInteger, primary_key=True),
    Column("folded", Text, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("tokens", TSVECTOR, nullable=False),
    Index("customer_name_folded", "folded", postgresql_ops={"folded": "text_pattern_ops"}),
    Index("customer_name_text", "search_text", postgresql_using="gin", postgresql_ops={"search_text": "gin_trgm_ops"}),
    Index("customer_name_tokens", "tokens", postgresql_using="gin"),
)
customer_phone = Table(  # made from the facts, for search and the call-centre pop
    "customer_phone",
    metadata,
    Column("customer_id", ForeignKey("customer.id", ondelete="cascade"), primary_key=True),
    Column("e164", Text, primary_key=True),
    Column("last_digits", Text),
    Index("customer_phone_e164", "e164"),
    Index("customer_phone_last_digits", "last_digits"),
)
customer_email = Table(  # made from the facts, for search; in lower case
    "customer_email",
    metadata,
    Column("customer_id", ForeignKey("customer.id", ondelete="cascade"), primary_key=True),
    Column("address", Text, primary_key=True),
    Index("customer_email_address", "address", postgresql_ops={"address": "text_pattern_ops"}),
)
merge_decision = Table(  # what was decided with a merge (P12); which two it made one is in `customer_merge`
    "merge_decision",
    metadata,
    Column("merge_id", Uuid, primary_key=True),
    Column("keep", JSONB, nullable=False),  # field -> root or absorbed
    Column("edited", ARRAY(Text), nullable=False, server_default="{}"),  # fields changed while merged: the root's count
    Column("merged_by", Text, nullable=False),
    Column("unmerged_by", Text),
)
