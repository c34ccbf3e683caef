"""The server's own environment: how many connections, for how long. The same names in every service."""

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.chassis.connections.guarded_protocol import ConnectionLimits

Network = IPv4Network | IPv6Network


class ConnectionSettings(BaseSettings):
    """`PATRON_…` variables of whoever runs the server (`python -m shared.chassis.server`)."""

    model_config = SettingsConfigDict(env_prefix="PATRON_", extra="ignore", frozen=True)

    connections_per_client: int = Field(default=512, ge=1)  # of one address; trusted proxies may have any number
    concurrency: int = Field(default=800, ge=1)  # connections, or requests under way, from which on it is 503
    head_seconds: float = Field(default=10.0, gt=0, le=60)
    body_seconds: float = Field(default=12.0, gt=0, le=60)
    trusted_proxies: tuple[Network, ...] = ()  # addresses or networks, as JSON: ["10.0.0.0/8"]

    def limits(self, refused: Callable[[str, str], None] | None = None) -> ConnectionLimits:
        """For `guarded_protocol`; `refused` is told the code and the address of each refusal."""
        return ConnectionLimits(
            head_seconds=self.head_seconds,
            body_seconds=self.body_seconds,
            connections=self.connections_per_client,
            is_exempt=within(self.trusted_proxies) if self.trusted_proxies else None,
            refused=refused,
        )


def within(networks: tuple[Network, ...]) -> Callable[[str], bool]:
    """Whether an address is in one of these networks; false for what is no address."""

    @lru_cache(maxsize=1024)
    def is_within(text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in networks)

    return is_within
