"""Shapes of reviews, simulations and back-tests over HTTP."""
