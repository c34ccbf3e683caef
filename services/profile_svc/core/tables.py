"""What the areas' tables share: the metadata they belong to, and the types of instants and sums of money."""

from sqlalchemy import DateTime, MetaData, Numeric

metadata = MetaData()
Timestamp = DateTime(timezone=True)
Money = Numeric(24, 4)  # wider than an order's: it holds sums
