"""How long before its beginning a version is activated in this deployment, by kind: the same for all services."""

from datetime import timedelta
from functools import cache

from pydantic import Field, NonNegativeInt
from pydantic_settings import BaseSettings, SettingsConfigDict


class NoticeSettings(BaseSettings):
    """`PATRON_RULE_NOTICE_SECONDS`: by kind (`{"programme": 86400}`), instead of what the kind itself says."""

    model_config = SettingsConfigDict(env_prefix="PATRON_", extra="ignore", frozen=True)

    rule_notice_seconds: dict[str, NonNegativeInt] = Field(default_factory=dict)


def notice_of(kind: str, default: timedelta) -> timedelta:
    """How long a version of this kind is announced before it begins: as the deployment says, or else the kind."""
    seconds = notice_settings().rule_notice_seconds.get(kind)
    return default if seconds is None else timedelta(seconds=seconds)


@cache
def notice_settings() -> NoticeSettings:
    """The settings of this process. A wrong one raises at the first call."""
    return NoticeSettings()
