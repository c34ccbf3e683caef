"""The rules of imports: pure functions, one file a concept."""
