"""The gateway's only SQL: orders and what follows them, money, the registry, partners."""
