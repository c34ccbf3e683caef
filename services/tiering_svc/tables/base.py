"""What all of tiering's tables share."""

from sqlalchemy import DateTime, MetaData, Numeric

metadata = MetaData()

Moment = DateTime(timezone=True)
Money = Numeric(18, 4)
Score = Numeric(9, 4)
