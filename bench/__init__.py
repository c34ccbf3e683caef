"""How fast Patron is, as ratios to the physical limit: ours and a bare program run in turn, on the same machine."""
