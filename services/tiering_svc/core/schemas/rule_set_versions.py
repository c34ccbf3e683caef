"""Rule books over HTTP: rules as data in versions, one of them in force."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from services.tiering_svc.core.schemas.shapes import Count
from shared.chassis import Read, Shape


class RuleBookActivation(Shape):
    version: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1, json_schema_extra={"format": "int32"})]


class RuleBookVersionRead(Read):
    name: str
    version: Count
    document: dict[str, Any]
    status: str = Field(description="draft, active, retired")
    author: str
    created_at: datetime
    activated_by: str | None
    activated_at: datetime | None


class RuleBookRead(RuleBookVersionRead):
    """The version in force."""

    versions: list[RuleBookVersionRead] = Field(description="newest first")
