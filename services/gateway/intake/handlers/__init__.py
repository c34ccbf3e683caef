"""Orders, reversals and deliveries: load, decide, save, announce; and the group commit."""
