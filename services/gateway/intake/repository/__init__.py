"""SQL of orders, reversals and deliveries."""
