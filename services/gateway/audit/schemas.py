"""HTTP shapes of the access trail."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.chassis import Page, Read


class AccessRead(Read):
    """Somebody saw or changed personal data."""

    service: str = Field(description="in whose trail it stands")
    id: int = Field(description="its number in that trail")
    at: datetime
    actor: str = Field(description="who it was: `person:` and who signed in, or `partner:` and the partner's key")
    customer_id: UUID | None = Field(description="whose data it was; null: of somebody who is no customer")
    action: str = Field(description="what was done, a code")
    subject: str | None = Field(description="what of the customer, or who else: `case:` and an id …; null: it all")
    fields: list[str] = Field(description="kinds of content, where it was not all that the action shows")
    purpose: str | None = Field(description="what whoever asked said it is for (header `Patron-Purpose`)")
    sealed: bool = Field(description="whether the chain of seals is over it already; that takes a minute or two")


class AccessPage(Page[AccessRead]):
    """Lines of all trails, the newest first."""

    missing: list[str] = Field(description="services that did not answer: their lines are not here")


class TrailRead(Read):
    """One service's trail and its chain of seals."""

    service: str
    seals: int = Field(description="how many there are")
    sealed_at: datetime | None = Field(description="when the last one was made; null: none yet")
    broken: list[int] = Field(description="numbers of the seals that do not fit their lines any more")


class TrailsRead(Read):
    """Whether all trails are as they were sealed."""

    intact: bool = Field(description="whether no seal of any trail is broken, and every service answered")
    trails: list[TrailRead]
    missing: list[str] = Field(description="services that did not answer")
