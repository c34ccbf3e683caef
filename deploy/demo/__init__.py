"""`patron demo`: a year of real purchases, replayed in order of time through the gateway, and what came of it."""
