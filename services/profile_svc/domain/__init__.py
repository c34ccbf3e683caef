"""The rules of profile: pure functions, one file a concept. Time, ids and settings are arguments."""
