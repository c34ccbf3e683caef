"""Tables of early warnings, sweeps and back-tests, and of the stages that the last sweep found."""
