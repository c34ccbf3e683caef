"""Steps of a scale that a person is in (T1): the age of any instant, and where a step begins.

An age is known by the year in which its step began, so it is the age that a person reaches in the year of the instant.
"""

import re
from decimal import Decimal

from services.tiering_svc.core.domain.numbers import ZERO, Value
from shared.events.profile import AGE_STEPS

UNITS = {"": Decimal(1), "K": Decimal(1_000), "M": Decimal(1_000_000)}
NUMBER = r"(\d{1,14}(?:\.\d{1,4})?)([kKmM]?)"
BAND = re.compile(rf"[<>]?{NUMBER}(?:-{NUMBER})?\+?")


def age_in(year: int, band: str | None, since: int | None) -> Value:
    """The age reached in a year by somebody who came into the step `band` in the year `since`; None in the years before
    the birth. Without `since` the file says the step alone: where it begins."""
    if band is None or since is None:
        return None if band is None else beginning_of(band)
    born = since - int(beginning_of(band) or 0)
    return year - born if year >= born else None


def age_band_in(year: int, band: str | None, since: int | None) -> str | None:
    """The step of ten years that this age lies in; without `since` the step that the file says, whatever the year."""
    if since is None:
        return band
    age = age_in(year, band, since)
    return None if age is None else age_step(int(age))


def age_step(age: int) -> str:
    """The step of ten years that an age lies in: `<19`, `19-24`, … `65+`."""
    begun = [step for step in AGE_STEPS if step <= age]
    if not begun:
        return f"<{AGE_STEPS[0]}"
    following = next((step for step in AGE_STEPS if step > age), None)
    return f"{begun[-1]}+" if following is None else f"{begun[-1]}-{following - 1}"


def beginning_of(band: str) -> Decimal | None:
    """Where a step begins: `35-44` is 35, `250K+` 250000, `<19` 0; in `100-150K` both are thousands. None where it is a
    word."""
    read = BAND.fullmatch(band)
    if read is None:
        return None
    if band.startswith("<"):
        return ZERO
    low, unit, _, unit_of_end = read.groups()
    return Decimal(low) * UNITS[(unit or unit_of_end or "").upper()]
