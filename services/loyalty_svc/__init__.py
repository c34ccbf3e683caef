"""Loyalty: what customers get back. The points ledger (L1), what earns points (L2), and what the company owes (L13).

Its areas, each with a page of meaning in its `__init__.py`; an area imports only those below it:

    earning       what an order earns, by the programme and the customer's tier
    settlements   points granted by the resolution of a complaint
    redemptions   points spent, given back, held, captured and released
    expiry        points nobody used in time, and longer life for them
    adjustments   points changed by hand, what one person gives counted together, and approvals
    programmes    how many points an amount earns, and for how long
    ledger        wallets, entries, lots and holds; nothing changes points but through it
    customers     whose they are, and so which of them a partner sees
    core          what the tables and shapes of all areas share

`subscriptions.py` says which event, timer and background job leads where.
"""
