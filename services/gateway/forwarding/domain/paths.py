"""Which service answers which path of the public API, and which of them are for partners.

A new collection of a service gets its word here; nothing else of the gateway needs to know of it. What carries files
has a line in STREAMED besides.
"""

import re

GATEWAY = "gateway"

# The first word of a path below /v1 -> who answers it.
COLLECTIONS: dict[str, tuple[str, ...]] = {
    "profile": (
        *("customers", "units", "employees", "calls", "call-events", "erasures"),
        *("uploads", "customer-imports", "customer-exports", "message-requests"),
    ),
    "tiering": (
        *("tier-policies", "evaluations", "pyramid", "indicators"),
        *("warnings", "warning-rules", "likelihood-models", "stages", "stage-rules"),
        *("satisfaction", "satisfaction-indexes", "assessments", "assessment-rules"),
        *("submissions", "spot-checks"),
        *("composition", "revenue-targets"),
        *("key-accounts", "key-account-rules", "exclusions"),
        *("retention", "churn-rules", "lifetime-value"),
        *("run-schedules", "scheduled-runs"),
    ),
    "complaint": ("complaints", "business-calendar", "calendar-rules", "deadline-rules", "authority-rules"),
    "loyalty": ("holds", "adjustments", "points", "programmes"),
}
# The word after a customer's id, in customers/{id}/… -> who answers it; whatever is not here is profile's.
OF_A_CUSTOMER: dict[str, tuple[str, ...]] = {
    "tiering": (
        *("tier", "indicators", "stage", "stages", "satisfaction", "product-mix"),
        *("key-account", "risks", "exclusion", "lifetime-value"),
    ),
    "loyalty": ("points",),
    GATEWAY: (
        "orders",
        "references",
    ),
}
SERVICE_OF_COLLECTION = {word: service for service, words in COLLECTIONS.items() for word in words}
SERVICE_OF_CUSTOMER_PART = {word: service for service, words in OF_A_CUSTOMER.items() for word in words}

# Bytes: method -> the paths below /v1 whose bodies or answers are handed on as they come.
STREAMED = {
    "PATCH": re.compile(r"uploads/[^/]+"),
    "HEAD": re.compile(r"uploads/[^/]+"),
    "GET": re.compile(r"uploads/[^/]+/content|customer-imports/[^/]+/errors|customer-exports/[^/]+/file"),
    "POST": re.compile(r"uploads"),
    "DELETE": re.compile(r"uploads/[^/]+"),
}

PROMPT = frozenset({"calls/pop"})

# What is about single customers, and so can be held to a partner's own. All else shows everybody's figures.
FOR_PARTNERS = frozenset({"customers", "complaints"})


def is_prompt(method: str, path: str) -> bool:
    """Whether somebody waits for this answer while a telephone rings: it is there at once, or a refusal is."""
    return method == "GET" and path in PROMPT


def is_for_partners(path: str) -> bool:
    """Whether a partner may ask for this path below /v1, for customers of its own."""
    return path.partition("/")[0] in FOR_PARTNERS


def service_for(path: str) -> str | None:
    """The service behind a path below /v1 (without the leading slash); None when the gateway or nobody answers it."""
    words = path.split("/")
    if any(word in ("", ".", "..") for word in words):
        return None  # a path that is not what it looks like could lead outside of /v1
    service = SERVICE_OF_COLLECTION.get(words[0])
    if words[0] == "customers" and len(words) > 2:
        service = SERVICE_OF_CUSTOMER_PART.get(words[2], service)
    return None if service == GATEWAY else service


def is_streamed(method: str, path: str) -> bool:
    """Whether this is a transfer of bytes, or speaks of one in the headers of uploads."""
    form = STREAMED.get(method)
    return form is not None and form.fullmatch(path) is not None


def customer_in(path: str) -> str | None:
    """The customer's id as it stands in a path below /v1."""
    words = path.split("/")
    return words[1] or None if words[0] == "customers" and len(words) > 1 else None
