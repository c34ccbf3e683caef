"""SQL of warnings and their histories, sweeps, back-tests, stages, and customers' months, which all of them read."""
