"""The customer file (P1): opened by hand or as the stub of a reference, amended, and what that announces.

A file's `facts` are the JSON values that its HTTP shape checked: names, phones, legal nature, birth date and so on.
Which fact belongs to which kind of customer, and how much it counts towards completeness, is one table: `FIELDS`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from services.profile_svc.files.domain.completeness import FIELDS, Completeness, completeness
from services.profile_svc.files.domain.dates import age_step, check_birth_date, refuse_future_day
from services.profile_svc.files.domain.phones import normalise_phones
from services.profile_svc.files.domain.pinyin import HAN_RUN
from shared.errors import conflict, invalid
from shared.events import CustomerRegistered, CustomerTraitsChanged, Event

CustomerKind = Literal["organisation", "person", "unknown"]
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """A customer's file. `facts` are JSON values as the HTTP shape checked them; `version` grows with each change."""

    id: UUID
    kind: CustomerKind
    facts: Facts
    version: int
    registered_at: datetime
    updated_at: datetime

    @property
    def completeness(self) -> Completeness:
        return completeness(self.kind, self.facts)

    @property
    def display_name(self) -> str | None:
        names = self.facts.get("names")
        return names[0]["name"] if names else None

    def name_in(self, language: str) -> str | None:
        """The name in a language (`zh` also finds `zh-Hans`), else the first there is. Unsaid, the script tells."""
        for entry in self.facts.get("names") or ():
            spoken = (entry.get("language") or language_of(entry["name"])).split("-")[0]
            if spoken == language:
                return str(entry["name"])
        return self.display_name

    def texts(self, field: str, key: str) -> list[str]:
        """One member of every entry of a list fact: all names, all E.164 numbers, all e-mail addresses."""
        return [entry[key] for entry in self.facts.get(field) or ()]


def language_of(name: str) -> str:
    """The language that a name's script tells: Chinese or English."""
    return "zh" if HAN_RUN.search(name) else "en"


def open_file(
    id: UUID, kind: CustomerKind, facts: Facts, at: datetime, *, regions: Sequence[str]
) -> tuple[CustomerFile, list[Event]]:
    """A new file of a known kind. It has a name, or nobody would find it again."""
    file = CustomerFile(id, kind, checked(kind, facts, at, regions), version=1, registered_at=at, updated_at=at)
    return file, [CustomerRegistered(customer_id=id, kind=kind, registered_at=at), traits_of(file, at)]


def open_stub(id: UUID, at: datetime) -> tuple[CustomerFile, list[Event]]:
    """The empty file of a customer of whom only an outside reference is known; somebody amends it later."""
    stub = CustomerFile(id, "unknown", {}, version=1, registered_at=at, updated_at=at)
    return stub, [CustomerRegistered(customer_id=id, kind="unknown", registered_at=at)]


def amend_file(
    file: CustomerFile, kind: CustomerKind | None, changes: Facts, at: datetime, *, regions: Sequence[str]
) -> tuple[CustomerFile, list[Event]]:
    """Merge-patch: what is named is replaced, null takes it away, the rest stays. A stub may become somebody."""
    kind = kind or file.kind
    if file.kind not in ("unknown", kind):
        raise conflict("kind_is_fixed", f"This file is of kind {file.kind} and cannot become {kind}.")
    facts = checked(kind, {**file.facts, **changes}, at, regions)
    if kind == file.kind and facts == file.facts:
        return file, []
    amended = replace(file, kind=kind, facts=facts, version=file.version + 1, updated_at=at)
    return amended, [traits_of(amended, at)] if traits(amended, at) != traits(file, at) else []


# What other services grade by, as the file has it. Only a change of these is announced.
ANNOUNCED_TRAITS = (
    "region", "industry", "legal_nature", "acquisition_source", "listed", "employees", "registered_capital",
    "annual_sales", "income_band", "household_size",
)  # fmt: skip


def traits(file: CustomerFile, at: datetime) -> dict[str, Any]:
    """What other services grade by, as the file has it at an instant: codes, bands and numbers, nothing personal."""
    facts = file.facts
    founded_on: str | None = facts.get("founded_on")
    step = age_step(facts.get("birth_date"), at)
    return {
        "kind": file.kind,
        **{name: facts.get(name) for name in ANNOUNCED_TRAITS},
        "founded_year": None if founded_on is None else date.fromisoformat(founded_on).year,
        "age_band": facts.get("age_band") or (None if step is None else step.band),
        "age_band_since": None if facts.get("age_band") or step is None else step.since,
        "completeness": file.completeness.percent,
    }


def traits_of(file: CustomerFile, at: datetime) -> CustomerTraitsChanged:
    """The event that tells a file's traits."""
    return CustomerTraitsChanged(customer_id=file.id, **traits(file, at), changed_at=at)


def checked(kind: CustomerKind, facts: Facts, at: datetime, regions: Sequence[str]) -> Facts:
    """The facts with nulls left out and phones in E.164, or a refusal that points at the field."""
    present = {name: value for name, value in facts.items() if value is not None}
    for name in present:
        if kind not in FIELDS[name].kinds:
            raise invalid(
                "field_not_of_this_kind", f"The field {name} does not belong to kind {kind}.", pointer=f"/{name}"
            )
    if kind != "unknown" and not present.get("names"):
        raise invalid("name_required", "A file needs at least one name.", pointer="/names")
    refuse_future_day(present.get("founded_on"), at, pointer="/founded_on")
    check_birth_date(present.get("birth_date"), at, pointer="/birth_date")
    for index, member in enumerate(present.get("family") or ()):
        check_birth_date(member.get("birth_date"), at, pointer=f"/family/{index}/birth_date")
    if "phones" in present:
        present["phones"] = normalise_phones(present["phones"], regions)
    refuse_duplicates(present.get("names"), "name", "/names")
    refuse_duplicates(present.get("emails"), "address", "/emails")
    return present


def refuse_duplicates(entries: Sequence[Mapping[str, Any]] | None, key: str, pointer: str) -> None:
    """422 at the second of two entries with the same value under `key`, whatever their case."""
    seen: set[str] = set()
    for index, entry in enumerate(entries or ()):
        if entry[key].casefold() in seen:
            raise invalid("given_twice", f"The same {key} is in the list twice.", pointer=f"{pointer}/{index}/{key}")
        seen.add(entry[key].casefold())
