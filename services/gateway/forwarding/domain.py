"""Which service answers which path of the public API. The first rule that fits counts."""

import re

CUSTOMER = r"customers/(?P<customer>[^/]+)"
REST = r"(?:/.*)?"

RULES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (service, re.compile(pattern))
    for service, pattern in (
        ("loyalty", rf"{CUSTOMER}/points{REST}"),
        ("loyalty", rf"(?:holds|adjustments|points|programmes){REST}"),
        ("tiering", rf"{CUSTOMER}/(?:tier|indicators|stage){REST}"),
        ("tiering", rf"(?:warning-rules|warning-runs|stages|stage-rules){REST}"),
        ("tiering", rf"{CUSTOMER}/(?:satisfaction|product-mix){REST}"),
        ("tiering", rf"(?:satisfaction|composition|assessments){REST}"),
        ("tiering", rf"{CUSTOMER}/(?:key-account|risks|never-served|lifetime-value){REST}"),
        ("tiering", rf"(?:tier-policies|evaluations|pyramid|indicators|warnings){REST}"),
        ("tiering", rf"(?:key-accounts|never-served|key-account-rules){REST}"),
        ("tiering", rf"(?:retention|retention-rules|lifetime-value){REST}"),
        ("complaint", rf"(?:complaints|business-calendar|deadline-rules){REST}"),
        ("profile", rf"{CUSTOMER}{REST}"),
        ("profile", rf"(?:customers|employees|calls|call-events){REST}"),
    )
)

FOR_PARTNERS = re.compile(rf"customers|{CUSTOMER}{REST}|complaints{REST}")
"""What is about single customers, and so can be held to a partner's own. All else shows everybody's figures."""


def is_for_partners(path: str) -> bool:
    return FOR_PARTNERS.fullmatch(path) is not None


def service_for(path: str) -> str | None:
    """The service behind a path below /v1 (without the leading slash), or None when nobody answers it."""
    if any(step in ("", ".", "..") for step in path.split("/")):
        return None  # a path that is not what it looks like could lead outside of /v1
    return next((service for service, pattern in RULES if pattern.fullmatch(path)), None)


def customer_in(path: str) -> str | None:
    """The customer's id as it stands in a path."""
    for _, pattern in RULES:
        match = pattern.fullmatch(path)
        if match is not None:
            return match.groupdict().get("customer")
    return None
