"""CDNOW: 2,357 customers who first bought early in 1997, with 39 weeks of purchases (Fader, Hardie and Lee 2005).

The data is the authors' own and public; the archived package `lifetimes` carries it. The file is read, not imported.
"""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from importlib import metadata
from typing import NamedTuple


class Customer(NamedTuple):
    """A customer's purchases after its first, in weeks since it."""

    repeat_purchases: int
    last_at_week: float
    age_weeks: float
    mean_value: Decimal


def customers() -> list[Customer]:
    """All of the sample."""
    files = metadata.files("lifetimes") or []
    [file] = [file for file in files if file.name == "cdnow_customers_summary_with_transactions.csv"]
    with open(str(file.locate()), newline="") as lines:
        return [
            Customer(int(row["x"]), float(row["t_x"]), float(row["T"]), Decimal(row["zbar"]))
            for row in csv.DictReader(lines)
        ]


class Purchase(NamedTuple):
    """A purchase on a day, in dollars, of so many pieces; `customer` counts from 1 within the sample."""

    customer: int
    at: datetime
    pieces: int
    amount: Decimal


def purchases() -> list[Purchase]:
    """All purchases of the sample, January 1997 to June 1998; each at noon of its day. Free ones are left out."""
    files = metadata.files("lifetimes") or []
    [file] = [file for file in files if file.name == "CDNOW_sample.txt"]
    listed = []
    with open(str(file.locate())) as lines:
        for line in lines:
            _, customer, day, pieces, amount = line.split()
            at = datetime.strptime(day, "%Y%m%d").replace(hour=12, tzinfo=UTC)
            if Decimal(amount) > 0:
                listed.append(Purchase(int(customer), at, int(pieces), Decimal(amount)))
    return listed
