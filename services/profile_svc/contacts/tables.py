"""The contact log."""

from sqlalchemy import Column, Date, ForeignKey, Index, Table, Text, Uuid, text

from services.profile_svc.core.tables import Timestamp, metadata

contact_log = Table(  # who spoke with the customer, what was spoken of, and the next step (P6)
    "contact_log",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", ForeignKey("customer.id"), nullable=False),
    Column("contacted_at", Timestamp, nullable=False),
    Column("channel", Text, nullable=False),
    Column("employee_id", ForeignKey("employee.employee_id"), nullable=False),
    Column("summary", Text, nullable=False),
    Column("partner", Text),
    Column("position", Text),
    Column("next_step", Text),
    Column("next_step_on", Date),
    Column("next_step_owner", ForeignKey("employee.employee_id")),
    Column("completed_at", Timestamp),
    Column("outcome", Text),
    Column("recorded_at", Timestamp, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Index("contact_log_customer", "customer_id", "contacted_at", "id"),
    Index(
        "contact_log_open_steps",
        "next_step_owner",
        "next_step_on",
        postgresql_where=text("next_step is not null and completed_at is null"),
    ),
)
