"""How a review decides one customer, what simulations add up, and how a policy is replayed over the past."""
