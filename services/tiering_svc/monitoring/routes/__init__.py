"""HTTP of early warnings, sweeps, warning rules with their back-tests, stages and relationship types."""
