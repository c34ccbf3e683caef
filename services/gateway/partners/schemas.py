"""HTTP shapes of partners, their keys, and development tokens."""

from datetime import datetime
from typing import Self
from uuid import UUID

from services.gateway.partners.domain import Partner
from shared.chassis import Code, Name, Read, Shape


class PartnerCreate(Shape):
    """A new partner: a code that no other source goes by, and a name."""

    code: Code
    name: Name


class PartnerRead(Read):
    """A partner and the source that its reports belong to."""

    id: UUID
    code: str
    name: str
    source: str
    created_at: datetime

    @classmethod
    def of(cls, partner: Partner) -> Self:
        return cls.model_validate(partner)
