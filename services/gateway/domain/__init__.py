"""The gateway's rules, pure: orders, what is taken back of them, money owed, outside references, partners' keys."""
