"""The rules of orders and of what becomes of them, pure."""
