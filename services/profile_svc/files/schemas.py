"""The customer file over HTTP (P1): opened, merge-patched, read, found."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from services.profile_svc.files.domain.combined_file import CombinedFile
from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.files.domain.look_alikes import Evidence, LookAlike
from services.profile_svc.files.domain.registration import RegistrationRequest
from services.profile_svc.references.domain import Reference
from shared.chassis import Amount, AnnouncedCode, Code, Day, Id, Instant, Name, Read, Shape, Text, refuse_personal

EMAIL_FORM = r"^[^@\s,;<>\"]{1,64}@[^@\s,;<>\".]+(\.[^@\s,;<>\".]+)+$"
LANGUAGE_FORM = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


def _no_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not hold NUL")
    return value


Short = Annotated[Text, StringConstraints(min_length=1, max_length=300)]
Email = Annotated[str, StringConstraints(strict=True, max_length=254, pattern=EMAIL_FORM), AfterValidator(_no_nul)]
PhoneNumber = Annotated[Text, StringConstraints(min_length=3, max_length=40)]
# a word of a scale; unlike a code it may be open at an end: 65+
Band = Annotated[str, StringConstraints(strict=True, max_length=64, pattern=r"^[A-Za-z0-9<>][A-Za-z0-9._:/+<>-]*$")]
AnnouncedBand = Annotated[Band, AfterValidator(refuse_personal)]
Language = Annotated[str, StringConstraints(strict=True, max_length=35, pattern=LANGUAGE_FORM)]
Count = Annotated[int, Field(strict=True, ge=0, le=100_000_000)]

AcquisitionSource = Literal["advertising", "exhibition", "referral", "walk_in", "cold_call", "partner", "web", "other"]


class NameEntry(Shape):
    """A name, and the language it is in."""

    name: Name
    language: Language | None = Field(default=None, description="BCP 47, script included: `zh-Hans`, `en`")


class PhoneEntry(Shape):
    """A telephone number as it was given, and in E.164."""

    number: PhoneNumber = Field(description="as it is dialled; without a country code, in the deployment's regions")
    kind: Literal["mobile", "landline", "fax", "other"] | None = None
    e164: PhoneNumber | None = Field(default=None, description="read only: made from the number, ignored when sent")


class EmailEntry(Shape):
    """An e-mail address."""

    address: Email
    kind: Literal["work", "private", "billing", "other"] | None = None


class AddressEntry(Shape):
    """A postal address: the text is enough."""

    text: Short
    kind: Literal["registered", "office", "billing", "delivery", "home", "other"] | None = None
    postcode: Annotated[Text, StringConstraints(max_length=20)] | None = None
    city: Annotated[Text, StringConstraints(max_length=100)] | None = None
    country: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z]{2}$")] | None = None


class BirthDate(Shape):
    """A birthday in the solar or lunar calendar; the year may be unknown."""

    calendar: Literal["solar", "lunar"] = "solar"
    year: Annotated[int, Field(strict=True, ge=1850, le=2199)] | None = None
    month: Annotated[int, Field(strict=True, ge=1, le=12)]
    day: Annotated[int, Field(strict=True, ge=1, le=31)]
    leap_month: Annotated[bool, Field(strict=True)] = False


class FamilyMember(Shape):
    """Somebody of a person's family."""

    relation: Code
    name: Name | None = None
    birth_date: BirthDate | None = None
    preferences: list[Short] | None = Field(default=None, max_length=50)


class FileFacts(Shape):
    """What a file can hold, of either kind; which belongs to which kind is the domain's rule."""

    names: list[NameEntry] | None = Field(default=None, max_length=20)
    phones: list[PhoneEntry] | None = Field(default=None, max_length=20)
    emails: list[EmailEntry] | None = Field(default=None, max_length=20)
    addresses: list[AddressEntry] | None = Field(default=None, max_length=20)
    region: AnnouncedCode | None = None
    acquisition_source: AcquisitionSource | None = None
    web_site: Short | None = None
    intention: Text | None = None
    legal_nature: AnnouncedCode | None = None
    founded_on: Day | None = None
    industry: AnnouncedCode | None = None
    employees: Count | None = None
    registered_capital: Amount | None = None
    annual_sales: Amount | None = None
    listed: Annotated[bool, Field(strict=True)] | None = None
    tax_id: Code | None = None
    birth_date: BirthDate | None = None
    sex: Literal["female", "male", "other"] | None = None
    education: Band | None = None
    marital_status: Band | None = None
    income_band: AnnouncedBand | None = None
    occupation: Short | None = None
    hobbies: list[Short] | None = Field(default=None, max_length=50)
    family: list[FamilyMember] | None = Field(default=None, max_length=30)
    age_band: AnnouncedBand | None = None
    household_size: AnnouncedBand | None = None
    children: Band | None = None
    home: Band | None = None
    car: Short | None = None
    preferences: list[Short] | None = Field(default=None, max_length=50)

    def facts(self) -> dict[str, Any]:
        """The facts that were given, as JSON values: null where one is to be taken away, absent if none was named."""
        present = self.model_dump(mode="json", exclude_none=True)
        return {name: present.get(name) for name in self.model_fields_set - NOT_FACTS}


NOT_FACTS = {"id", "kind", "reference"}


class ReferenceShape(Shape):
    """What the outside calls the customer."""

    source: Code
    ref: Code


class CustomerCreate(FileFacts):
    """A file to open."""

    kind: Literal["organisation", "person"]
    names: list[NameEntry] = Field(min_length=1, max_length=20)
    reference: ReferenceShape | None = None
    id: Id | None = Field(default=None, description="the id that intake gave to the reference; else a new one is made")

    def request(self) -> RegistrationRequest:
        """What the domain is asked for."""
        reference = None if self.reference is None else Reference(self.reference.source, self.reference.ref)
        return RegistrationRequest(self.kind, self.facts(), reference, self.id)


class CustomerUpdate(FileFacts):
    """Merge-patch: null takes a fact away, a list replaces the list, what is not named stays."""

    kind: Literal["organisation", "person"] | None = Field(default=None, description="of a file of unknown kind")


class ReferenceRead(Read):
    """What one source calls the customer."""

    source: str
    ref: str


class LookAlikeRead(Read):
    """A customer who may be the same."""

    customer_id: Id
    kind: Literal["organisation", "person", "unknown"]
    name: str | None
    evidence: list[Evidence] = Field(description="what both files say, the strongest first; a name in any script")


class CustomerRead(FileFacts):
    """A file, and what else is known of its customer."""

    id: Id
    kind: Literal["organisation", "person", "unknown"]
    references: list[ReferenceRead] = Field(description="what the outside calls the customer, as far as one may see it")
    did_not_answer: list[str] = Field(description="`references`: the registry of references did not answer in time")
    completeness: Annotated[int, Field(description="percent")]
    missing: list[str] = Field(description="what is asked for and not known, the most wanted first")
    registered_at: Instant
    updated_at: Instant
    looks_like: list[LookAlikeRead] | None = Field(
        default=None, description="customers that a file just opened looks like, the most alike first; null: none"
    )
    root_id: Id | None = Field(default=None, description="who stands for all members of a merged customer: `id`")
    merged_from: list[Id] | None = Field(default=None, description="the other members of a merged customer")


def with_look_alikes(shown: CustomerRead, look_alikes: Sequence[LookAlike]) -> CustomerRead:
    """A file just opened with the customers it looks like, if there are any."""
    if not look_alikes:
        return shown
    return shown.model_copy(update={"looks_like": [LookAlikeRead.model_validate(alike) for alike in look_alikes]})


def show_combined_file(file: CombinedFile, references: Sequence[Reference] | None) -> CustomerRead:
    """The one file of all members of a customer, with all their references."""
    shown = show_file(file.file, references)
    if not file.absorbed:
        return shown
    return shown.model_copy(update={"root_id": file.id, "merged_from": list(file.absorbed)})


def show_file(file: CustomerFile, references: Sequence[Reference] | None) -> CustomerRead:
    """A file with its references, as who asks may see them; None: the registry did not answer."""
    return CustomerRead(
        id=file.id,
        kind=file.kind,
        references=[ReferenceRead(source=reference.source, ref=reference.ref) for reference in references or ()],
        did_not_answer=["references"] if references is None else [],
        completeness=file.completeness.percent,
        missing=list(file.completeness.missing),
        registered_at=file.registered_at,
        updated_at=file.updated_at,
        **file.facts,
    )
