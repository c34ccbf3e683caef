"""The revenue targets by tier that come with Patron (T14)."""

DEFAULT_REVENUE_TARGETS = {  # T14: what share of the revenue each tier shall bring
    "targets": [
        {"tier": "platinum", "percent": "50"},
        {"tier": "gold", "percent": "30"},
        {"tier": "silver", "percent": "15"},
        {"tier": "basic", "percent": "5"},
    ],
}
