"""The only SQL of loyalty: wallets and the ledger, orders, tiers and programmes, spending, and what is read."""
