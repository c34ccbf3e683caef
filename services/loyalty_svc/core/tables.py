"""What the tables of all areas share: the service's metadata and the type of an instant."""

from sqlalchemy import DateTime, MetaData

metadata = MetaData()
Timestamp = DateTime(timezone=True)
