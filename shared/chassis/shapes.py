"""The former place of `shared.chassis.http.shapes`."""

from shared.chassis.http.shapes import DAY_FORM, INSTANT_FORM, UUID_FORM

__all__ = ["DAY_FORM", "INSTANT_FORM", "UUID_FORM"]
