"""CDNOW: 2,357 customers who first bought early in 1997, with 39 weeks of purchases (Fader, Hardie and Lee 2005).

The data is the authors' own and public; the archived package `lifetimes` carries it. The file is read, not imported.
"""

import csv
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
