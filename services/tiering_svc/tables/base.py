"""What all of tiering's tables share."""

from sqlalchemy import DateTime, MetaData, Numeric

metadata = MetaData()

Moment = DateTime(timezone=True)
Money = Numeric(24, 4)  # sums of amounts that intake takes up to 10^13 each
Score = Numeric(9, 4)
