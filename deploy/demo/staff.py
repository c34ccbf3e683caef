"""Made up: who looks after the best customers. An account manager of one's own is a privilege of high tiers (P5)."""

from typing import Any

# Units of the company's own tree, each above those that stand below it: code, name, kind, parent.
UNITS = (
    ("group", "集团 Group", "group", None),
    ("north", "North region", "province", "group"),
    ("south", "South region", "province", "group"),
    ("north-city", "Northgate branch", "branch", "north"),
    ("south-city", "Southport branch", "branch", "south"),
)
# Employees: id, name, telephone extension, unit, languages.
EMPLOYEES = (
    ("am-01", "Amelia Hart", "401", "north-city", ("en",)),
    ("am-02", "Bernard Okoye", "402", "north-city", ("en", "fr")),
    ("am-03", "周敏", "403", "south-city", ("zh-Hans", "en")),
    ("am-04", "Dora Lindqvist", "404", "south-city", ("en", "sv")),
    ("am-05", "何志远", "405", "south", ("zh-Hans",)),
    ("sp-01", "Ines Moreau", "301", "group", ("fr", "en")),
)
MANAGERS = tuple(employee for employee, *_ in EMPLOYEES if employee.startswith("am-"))
SPONSOR = "sp-01"
MANAGED_SHARE = 0.04  # share of the customers, the largest, that get a manager of their own
SPONSORED_CUSTOMERS = 5  # the largest of all also get an executive sponsor


def units() -> list[dict[str, Any]]:
    """The bodies that enter the units, in an order in which each parent is there."""
    return [{"unit": code, "name": name, "kind": kind, "parent": parent} for code, name, kind, parent in UNITS]


def employees() -> list[dict[str, Any]]:
    """The bodies that enter the employees: `patron token --employee am-01` signs in as one, and so does a token of the
    development issuer with the subject `demo-am-01`."""
    return [
        {
            "employee_id": employee,
            "name": name,
            "phone_extension": extension,
            "subject": f"demo-{employee}",
            "unit": unit,
            "languages": list(languages),
            "capacity": 60,
        }
        for employee, name, extension, unit, languages in EMPLOYEES
    ]
