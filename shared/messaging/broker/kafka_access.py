"""How a Kafka cluster lets Patron in: encrypted or not, with a name and its password or without."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class KafkaAccess:
    """Encryption and authentication towards the brokers. The default is neither, for a broker on an inside network.

    `ca` is a PEM file of the authority that signed the brokers' certificates, where it is none that the machine knows
    already. `sasl` is a mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
    """

    tls: bool = False
    ca: Path | None = None
    sasl: str = ""
    user: str = ""
    password: str = field(default="", repr=False)

    def options(self) -> dict[str, Any]:
        """The same as keyword arguments of each of aiokafka's clients. Raises OSError when `ca` can not be read."""
        options: dict[str, Any] = {
            "security_protocol": ("SASL_" if self.sasl else "") + ("SSL" if self.tls else "PLAINTEXT")
        }
        if self.tls:  # certificates and names are verified: that is the standard library's default
            options["ssl_context"] = ssl.create_default_context(cafile=self.ca)
        if self.sasl:
            options["sasl_mechanism"] = self.sasl
            options["sasl_plain_username"], options["sasl_plain_password"] = self.user, self.password
        return options
