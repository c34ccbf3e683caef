"""The ledger's SQL: wallets are locked, loaded and saved; balances, entries, lots and holds are shown."""
