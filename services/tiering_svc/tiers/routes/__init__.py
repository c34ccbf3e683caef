"""HTTP of a customer's tier: the tier, its history and explanation, and what people set for it."""
