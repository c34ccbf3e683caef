"""HTTP shapes of partners' keys and of development tokens."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from services.gateway.access.domain.partner_keys import PartnerKey
from shared.chassis import Code, Id, Read, Shape, Text

Subject = Annotated[Text, StringConstraints(min_length=1, max_length=200)]


class KeyRead(Read):
    """A partner's key, without its secret."""

    id: UUID
    partner_id: UUID
    created_at: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: PartnerKey) -> Self:
        return cls.model_validate(key)


class KeyIssued(KeyRead):
    """A new key with its secret."""

    secret: str = Field(description="Shown this once; send it as Authorization: Bearer …")


class DevTokenCreate(Shape):
    """Who a development token is for: a person in a role; with the role partner, of which partner."""

    role: Literal["agent", "manager", "head", "analyst", "partner", "admin", "auditor"]
    partner_id: Id | None = None
    subject: Subject | None = Field(
        default=None, description="what the token calls the person; `dev-<role>` if not said"
    )
    employee_id: Code | None = Field(default=None, description="the employee of the directory that the token is of")


class TokenRead(Read):
    """A bearer token and how many seconds it lives."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
