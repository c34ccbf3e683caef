"""The metadata that all tables of the gateway belong to, and the types their columns share."""

from sqlalchemy import DateTime, MetaData, Numeric

metadata = MetaData()
Timestamp = DateTime(timezone=True)
Money = Numeric(18, 4)
