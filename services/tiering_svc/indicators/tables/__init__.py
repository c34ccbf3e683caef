"""Tables of facts: money (orders, reversals, receivables, payments, months), and what other services announce."""
