"""The business calendar as data (C3): the hours for everyone, and other hours of tiers and regions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.complaint_svc.calendars.domain.service_hours import (
    ServiceHours,
    read_holidays,
    read_special_days,
    read_week,
)
from shared.errors import invalid

Served = tuple[str | None, str | None]
"""Who is served: the code of a tier and that of a region; None stands for all tiers, or for all regions."""

EVERYONE: Served = (None, None)
FIELDS = ("opening_hours", "holidays", "special_days")


@dataclass(frozen=True)
class CalendarRules:
    """What a version says: the hours for everyone, and what is written of tiers, regions, and tiers in regions.

    Each of `opening_hours`, `holidays` and `special_days` is taken from the first that says it: the tier in the region,
    the tier, the region, everyone.
    """

    everyone: ServiceHours
    other_hours: Mapping[Served, ServiceHours] = field(default_factory=dict)
    """The hours of every tier that is named, in every region that is named, put together."""
    written: Mapping[Served, Mapping[str, Any]] = field(default_factory=dict)
    """What the document says of a tier, a region or a tier in a region: of these fields one at least."""

    def hours(self, tier: str | None = None, region: str | None = None) -> ServiceHours:
        """When customers of this tier and region are served; None: in no tier, of no known region."""
        return self.other_hours.get(self.served(tier, region), self.everyone)

    def served(self, tier: str | None, region: str | None) -> Served:
        """Of a tier and a region what this calendar knows: None in place of one that it does not name."""
        return tier if tier in self.tiers else None, region if region in self.regions else None

    @property
    def tiers(self) -> frozenset[str]:
        """The tiers that have hours of their own somewhere."""
        return frozenset(tier for tier, _ in self.written if tier is not None)

    @property
    def regions(self) -> frozenset[str]:
        """The regions that have hours of their own for somebody."""
        return frozenset(region for _, region in self.written if region is not None)


def read_calendar_rules(document: Mapping[str, Any], pointer: str = "") -> CalendarRules:
    """Check a document and make the rules of it. A refusal points at the field.

    422 `opening_hours_invalid`, `calendar_never_opens`, `holidays_unknown`, `duplicate_day`, `hours_of_a_closed_day`;
    422 `hours_of_nobody`, `duplicate_hours`, `nothing_otherwise` of other hours.
    """
    entries = document.get("other_hours") or ()
    written: dict[Served, Mapping[str, Any]] = {}
    pointers: dict[Served, str] = {EVERYONE: pointer}
    for index, entry in enumerate(entries):
        at = f"{pointer}/other_hours/{index}"
        served = entry.get("tier"), entry.get("region")
        if served == EVERYONE:
            raise invalid("hours_of_nobody", "Other hours are those of a tier, of a region, or of both.", pointer=at)
        if served in written:
            raise invalid("duplicate_hours", "A tier, a region, or a tier in a region is named once.", pointer=at)
        written[served] = {name: entry[name] for name in FIELDS if entry.get(name) is not None}
        pointers[served] = at
        if not written[served]:
            raise invalid("nothing_otherwise", "Other hours say opening hours, holidays or special days.", pointer=at)
    documents = written | {EVERYONE: document}
    rules = CalendarRules(_hours_of(EVERYONE, documents, pointers), {}, written)
    combinations = [(tier, region) for tier in (None, *rules.tiers) for region in (None, *rules.regions)]
    other_hours = {served: _hours_of(served, documents, pointers) for served in combinations if served != EVERYONE}
    return CalendarRules(rules.everyone, other_hours, written)


def _hours_of(
    served: Served, documents: Mapping[Served, Mapping[str, Any]], pointers: Mapping[Served, str]
) -> ServiceHours:
    """The hours of a tier in a region. What is wrong is pointed at where it is written."""
    tier, region = served
    sources = [source for source in (served, (tier, None), (None, region), EVERYONE) if source in documents]

    def source_of(name: str) -> Served:
        return next((source for source in sources if documents[source].get(name) is not None), EVERYONE)

    by_week, by_law, by_day = (source_of(name) for name in FIELDS)
    week = read_week(documents[by_week]["opening_hours"], f"{pointers[by_week]}/opening_hours")
    return ServiceHours(
        week,
        read_holidays(documents[by_law].get("holidays"), f"{pointers[by_law]}/holidays"),
        read_special_days(documents[by_day].get("special_days") or (), week, f"{pointers[by_day]}/special_days"),
    )
