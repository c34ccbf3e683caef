"""HTTP shapes of partners, their keys, and development tokens."""

from datetime import datetime
from typing import Self
from uuid import UUID

from services.gateway.partners.domain import Partner
from shared.chassis import Code, Name, Read, Shape


class PartnerCreate(Shape):
    code: Code
    name: Name


class PartnerRead(Read):
    id: UUID
    code: str
    name: str
    source: str
    created_at: datetime

    @classmethod
    def of(cls, partner: Partner) -> Self:
        return cls.model_validate(partner)
