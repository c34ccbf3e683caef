"""The gateway's environment."""

from typing import Literal, Self

from pydantic import Field, model_validator

from services.gateway.core.domain import IntakeRules
from shared.chassis import Code, ServiceSettings


class Settings(ServiceSettings):
    """The gateway's environment: what is reported, who signs in, and how long it waits for the services behind it."""

    service: Literal["gateway"] = "gateway"
    sources: tuple[Code, ...] = ("demo",)  # the company's own systems that send ids of their own, beside "patron"
    backdating_days: int = Field(default=30, ge=0)  # older reports need the scope history

    requests_per_second: float = Field(default=2000.0, gt=0)  # for each client (a partner, a person)
    burst: int = Field(default=4000, ge=1)
    requests_per_address: float = Field(default=10_000.0, gt=0)  # a second, before it is known who asks
    address_burst: int = Field(default=20_000, ge=1)

    failed_sign_ins: int = Field(default=30, ge=1)  # of an address or with a credential, before it has to wait

    dev_token_minutes: int = Field(default=60, ge=1, le=1440)
    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    oidc_jwks_url: str | None = None
    oidc_roles_claim: str = "roles"
    oidc_partner_claim: str = "partner_id"

    forward_seconds: float = 10.0
    forward_batch_seconds: float = 60.0
    stream_seconds: float = Field(default=60.0, gt=0, le=3600)  # either end of a transfer may be silent for so long
    transfers_at_once: int = Field(default=32, ge=1, le=256)  # files on their way through one process
    part_seconds: float = Field(default=1.5, gt=0)  # a service's part of a composed answer: the desk's pages, the 360

    @model_validator(mode="after")
    def _an_issuer_has_keys(self) -> Self:
        if (self.oidc_issuer is None) != (self.oidc_jwks_url is None):
            raise ValueError("PATRON_OIDC_ISSUER and PATRON_OIDC_JWKS_URL, where its keys are, need each other")
        return self

    @property
    def rules(self) -> IntakeRules:
        """The rules that reports from outside are held to in this deployment."""
        return IntakeRules(currency=self.currency, backdating_days=self.backdating_days, zone=self.zone)
