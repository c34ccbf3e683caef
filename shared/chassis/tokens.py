"""The former place of `shared.chassis.access.tokens`."""

from shared.chassis.access.tokens import Signer, Verifier

__all__ = ["Signer", "Verifier"]
