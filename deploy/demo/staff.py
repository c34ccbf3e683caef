"""Made up: who looks after the best customers. An account manager of one's own is a privilege of high tiers (P5)."""

EMPLOYEES = (
    ("am-01", "Amelia Hart", "401"),
    ("am-02", "Bernard Okoye", "402"),
    ("am-03", "周敏", "403"),
    ("am-04", "Dora Lindqvist", "404"),
    ("am-05", "何志远", "405"),
    ("sp-01", "Ines Moreau", "301"),
)
MANAGERS = tuple(employee for employee, _, _ in EMPLOYEES if employee.startswith("am-"))
SPONSOR = "sp-01"
MANAGED_SHARE = 0.04  # share of the customers, the largest, that get a manager of their own
SPONSORED_CUSTOMERS = 5  # the largest of all also get an executive sponsor
