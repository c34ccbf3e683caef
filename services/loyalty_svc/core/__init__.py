"""Core: what every area of loyalty stands on, and nothing that has a meaning of its own.

It holds the metadata that all tables belong to, the type of an instant in a column (always with a time zone), the
field types that several requests carry (a reason, a reference), and two helpers that read rows as mappings.

It does not own a table, a route or a rule. What only one area needs lives in that area; what every service needs
lives in `shared`. It imports no other area, so that every area may import it.
"""
