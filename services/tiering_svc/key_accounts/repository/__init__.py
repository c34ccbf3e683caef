"""SQL of nominations and classes in time, of risk flags, and of the figures that the rules look at."""
