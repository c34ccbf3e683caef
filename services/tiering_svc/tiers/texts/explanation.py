"""An explanation in words (T9), English and Chinese: one paragraph that a call-centre agent can read out."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, Literal

from services.tiering_svc.tiers.texts.chinese import chinese
from services.tiering_svc.tiers.texts.english import english

Language = Literal["en", "zh"]


def in_words(
    kind: str, reasons: Mapping[str, Any], since: datetime, language: Language, *, zone: tzinfo, currency: str
) -> str:
    words = english if language == "en" else chinese
    return words(kind, reasons, since.astimezone(zone), currency)
