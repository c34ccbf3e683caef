"""How fast Patron is, as ratios to the physical limit: Patron and a bare program run in turn, on the same machine."""
