"""The former place of `shared.chassis.http.strict_json`."""

from shared.chassis.http.strict_json import parse_json

__all__ = ["parse_json"]
