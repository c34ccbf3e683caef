"""SQL of the overview and of the copies it is counted from."""
