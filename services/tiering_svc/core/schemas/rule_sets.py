"""What rule books over HTTP have in common: whole numbers, and a version as it is read."""

from typing import Annotated

from pydantic import Field

from services.tiering_svc.core.schemas.rule_set_versions import RuleBookVersionRead as RuleBookRead

__all__ = ["RuleBookRead", "Whole"]

Whole = Annotated[int, Field(strict=True, json_schema_extra={"format": "int32"})]
