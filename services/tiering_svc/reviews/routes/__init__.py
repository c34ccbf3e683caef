"""HTTP of reviews, simulations and back-tests."""
