"""SQL of files: one by one, many at once, and the rows that they are found by."""
