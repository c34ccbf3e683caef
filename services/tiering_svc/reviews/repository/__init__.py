"""SQL of runs and their movers, of screening whole batches, of simulations and back-tests."""
