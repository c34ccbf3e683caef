"""HTTP in: orders, their reversals and deliveries."""
