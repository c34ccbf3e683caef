"""A service's environment: `PATRON_…` variables, the same names in every service."""

from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.messaging.broker.kafka_access import KafkaAccess
from shared.messaging.database.connections import TimeLimits


class ListenerSettings(BaseSettings):
    """How a service's process listens, and where the others do."""

    model_config = SettingsConfigDict(env_prefix="PATRON_", extra="ignore", frozen=True)

    service: str = ""
    services: dict[str, str] = Field(default_factory=dict)  # name -> base URL
    internal_services: dict[str, str] = Field(default_factory=dict)  # name -> base URL of /internal, where it differs
    hosts: tuple[str, ...] = ()  # names it is reached by, beside this machine's own and those of `services`; * is any
    public_contract: bool = True  # /docs, /openapi.json and /asyncapi.yaml; without it at the internal port only


class ServiceSettings(ListenerSettings):
    """Subclass it in a service's `settings.py`, fix `service` there and add what only this service has."""

    service: str
    database_url: str = Field(repr=False)
    migration_database_url: str | None = Field(default=None, repr=False)  # of the tables' owner; None: the service's
    database_pool: int = Field(default=10, ge=2, le=200)
    database_pool_seconds: float = Field(default=10, gt=0, le=600)  # for which a free connection is waited for
    database_connect_seconds: float = Field(default=10, gt=0, le=600)
    database_statement_seconds: float = Field(default=10, gt=0, le=3600)  # that one statement may take
    database_lock_seconds: float = Field(default=5, gt=0, le=600)  # that it may wait for somebody else's lock
    database_idle_seconds: float = Field(default=30, gt=0, le=3600)  # that a transaction may do nothing
    database_long_statement_seconds: float = Field(default=600, gt=0, le=86_400)  # a statement of jobs and housekeeping
    instance: str = ""  # told by who started the process, and told back by /readyz: is it the one that was started?
    migrate: bool = True  # at start; off where a job of the deployment does it
    kafka: str = "127.0.0.1:9092"
    kafka_mode: Literal["embedded", "groups"] = "groups"
    kafka_partitions: int = 48
    kafka_replicas: int = 1
    kafka_tls: bool = False
    kafka_ca: Path | None = None  # PEM of the authority behind the brokers' certificates, where it is one of your own
    kafka_sasl: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = ""
    kafka_user: str = ""
    kafka_password: str = Field(default="", repr=False)
    clock_skew_seconds: float = Field(default=0.2, ge=0, le=60)  # by how much the machines' clocks may differ
    keep_days: int = Field(default=0, ge=0, le=36_500)  # of the event log's months that are over; 0: for ever
    keys: Path = Path("keys")
    seal_seconds: float = Field(default=60, gt=0, le=3600)  # how often the access trail is sealed
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    time_zone: str = "UTC"
    holidays: str = "CN"
    dev_issuer: bool = False
    dev_issuer_public: bool = False  # gives everybody who reaches the service any role: has to be said on its own
    traces_to: str = ""  # an OpenTelemetry collector, as http://collector:4318/v1/traces; needs the extra `otel`
    traces_share: float = Field(default=1.0, ge=0, le=1)  # of all traces, how many are exported
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("database_url", "migration_database_url")
    @classmethod
    def _by_asyncpg(cls, url: str | None) -> str | None:
        return url and url.replace("postgresql://", "postgresql+asyncpg://", 1)

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        ZoneInfo(name)
        return name

    @model_validator(mode="after")
    def _kafkas_settings_fit_together(self) -> Self:
        if self.kafka_sasl and not (self.kafka_user and self.kafka_password):
            raise ValueError("PATRON_KAFKA_SASL needs PATRON_KAFKA_USER and PATRON_KAFKA_PASSWORD")
        if (self.kafka_user or self.kafka_password) and not self.kafka_sasl:
            raise ValueError("PATRON_KAFKA_USER and PATRON_KAFKA_PASSWORD need PATRON_KAFKA_SASL, the mechanism")
        if self.kafka_sasl == "PLAIN" and not self.kafka_tls:
            raise ValueError("PATRON_KAFKA_SASL=PLAIN would send the password in the clear: set PATRON_KAFKA_TLS=true")
        if self.kafka_ca is not None and not self.kafka_tls:
            raise ValueError("PATRON_KAFKA_CA is only used with PATRON_KAFKA_TLS=true")
        return self

    @property
    def database_limits(self) -> TimeLimits:
        """How long a connection to the database waits for what."""
        return TimeLimits(
            connect_seconds=self.database_connect_seconds,
            pool_seconds=self.database_pool_seconds,
            statement_seconds=self.database_statement_seconds,
            lock_seconds=self.database_lock_seconds,
            idle_seconds=self.database_idle_seconds,
            long_statement_seconds=self.database_long_statement_seconds,
        )

    @property
    def kafka_access(self) -> KafkaAccess:
        """How to connect to Kafka: TLS, its authority, SASL mechanism, name and password."""
        return KafkaAccess(self.kafka_tls, self.kafka_ca, self.kafka_sasl, self.kafka_user, self.kafka_password)

    @property
    def zone(self) -> ZoneInfo:
        """The business's time zone: months and days are its own."""
        return ZoneInfo(self.time_zone)
