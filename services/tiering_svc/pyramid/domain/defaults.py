"""The revenue targets by class that come with Patron (T14)."""

TARGETS = {  # T14: what share of the revenue each class shall bring
    "months": 12,
    "targets": [
        {"tier": "platinum", "percent": "50"},
        {"tier": "gold", "percent": "30"},
        {"tier": "silver", "percent": "15"},
        {"tier": "basic", "percent": "5"},
    ],
}
