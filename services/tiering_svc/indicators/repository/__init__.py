"""SQL of facts and their sums: adding them exactly once, and reading them as of an instant, as known at another."""
