"""HTTP of key accounts, exclusions and candidates, and of one customer's class and risks."""
