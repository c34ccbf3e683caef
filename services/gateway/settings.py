"""The gateway's environment."""

from functools import cached_property
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from services.gateway.access.domain.claims import ClaimPath, ClaimPlaces
from services.gateway.core.domain import IntakeRules
from shared.chassis import Code, ServiceSettings
from shared.chassis.access import ROLES


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
    oidc_subject_claim: str = "sub"  # paths into the claims, with dots between names (`access/domain/claims.py`)
    oidc_roles_claim: str = "roles"
    oidc_partner_claim: str = "partner_id"
    oidc_client_id: str | None = None  # as which the desk signs people in
    oidc_client_secret: SecretStr | None = None  # none: a public client, held by PKCE alone
    oidc_scopes: str = "openid profile"
    desk_session_minutes: int = Field(default=60, ge=1, le=1440)
    oidc_roles: dict[str, str] = Field(default_factory=dict)  # a value there -> Patron's role; none: they are the same

    forward_seconds: float = 10.0
    forward_batch_seconds: float = 60.0
    stream_seconds: float = Field(default=60.0, gt=0, le=3600)  # either end of a transfer may be silent for so long
    transfers_at_once: int = Field(default=32, ge=1, le=256)  # files on their way through one process
    part_seconds: float = Field(default=1.5, gt=0)  # a service's part of a composed answer: the desk's pages, the 360

    @model_validator(mode="after")
    def _an_issuer_has_keys(self) -> Self:
        if (self.oidc_issuer is None) != (self.oidc_jwks_url is None):
            raise ValueError("PATRON_OIDC_ISSUER and PATRON_OIDC_JWKS_URL, where its keys are, need each other")
        if self.oidc_client_id is not None and self.oidc_issuer is None:
            raise ValueError("PATRON_OIDC_CLIENT_ID needs PATRON_OIDC_ISSUER, where the desk signs people in")
        return self

    @model_validator(mode="after")
    def _roles_are_found(self) -> Self:
        """A path that can not be read, or a role that does not exist, stops the gateway from starting."""
        unknown = sorted(set(self.oidc_roles.values()) - ROLES.keys())
        if unknown:
            raise ValueError(f"PATRON_OIDC_ROLES names roles that Patron has not: {', '.join(unknown)}")
        _ = self.oidc_claims
        return self

    @cached_property
    def oidc_claims(self) -> ClaimPlaces:
        """Where the provider's tokens say who somebody is."""
        return ClaimPlaces(
            subject=ClaimPath.parse(self.oidc_subject_claim),
            roles=ClaimPath.parse(self.oidc_roles_claim),
            partner=ClaimPath.parse(self.oidc_partner_claim),
            roles_of=self.oidc_roles,
        )

    @property
    def rules(self) -> IntakeRules:
        """The rules that reports from outside are held to in this deployment."""
        return IntakeRules(currency=self.currency, backdating_days=self.backdating_days, zone=self.zone)
