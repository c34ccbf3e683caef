"""Profile: one file per customer, who looks after them, and the overview kept from every service's events."""
