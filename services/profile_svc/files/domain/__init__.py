"""The rules of files: pure functions, one file a concept. Time, ids and settings are arguments."""
