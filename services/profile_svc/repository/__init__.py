"""The only SQL of profile: plain functions. `load_` locks and raises, `find_` may return None."""
