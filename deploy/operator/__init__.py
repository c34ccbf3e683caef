"""The operator's side of a running system: the client of the services' /internal paths, and how the system is."""

from deploy.operator.client import Operator, Unreachable, operator_token

__all__ = ["Operator", "Unreachable", "operator_token"]
