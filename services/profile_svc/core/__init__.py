"""Core: what every area of profile stands on: the metadata and the column types of all tables.

Owns nothing of the business. Who asks is the chassis's `Actor`, what an audience may read is its table
(`shared.chassis.audience`), and which customer has which source is the area `references`.

Invariants: what is not an actor's to see is not found (404), never forbidden: a 403 would say that it exists. What
belongs to the company as a whole (the directory, teams, groups, contacts, figures of the call centre) is for its own
people, and a partner does not find it either (`staff_only`).
"""
