"""Where each customer is in its life with the company, and what relationship that calls for (T11)."""

from sqlalchemy import Column, Table, Text, Uuid

from services.tiering_svc.core.tables import Timestamp, metadata

customer_stage = Table(  # as the last sweep found it; as of any other instant it follows from the facts
    "customer_stage",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("stage", Text, nullable=False),
    Column("relationship", Text),  # null: not known
    Column("since", Timestamp, nullable=False),  # `as_of` of the sweep that first found this stage
    Column("run_id", Uuid, nullable=False),
)
