"""Days an operator knows better than the published calendar."""

from sqlalchemy import Boolean, Column, Table, Text
from sqlalchemy import Date as Day
from sqlalchemy.dialects.postgresql import ARRAY

from services.complaint_svc.core.tables import Timestamp, metadata

calendar_day = Table(  # days an operator knows better than the published calendar
    "calendar_day",
    metadata,
    Column("day", Day, primary_key=True),
    Column("working", Boolean, nullable=False),
    Column("hours", ARRAY(Text), nullable=False),
    Column("note", Text),
    Column("changed_at", Timestamp, nullable=False),
    Column("changed_by", Text, nullable=False),
)
