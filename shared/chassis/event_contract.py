"""The former place of `shared.chassis.contract.asyncapi`."""

from shared.chassis.contract.asyncapi import asyncapi, schema_of, to_yaml

__all__ = ["asyncapi", "schema_of", "to_yaml"]
