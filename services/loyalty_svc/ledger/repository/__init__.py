"""The ledger's SQL: wallets are locked, loaded and saved; accounts, entries, lots and holds are shown."""
