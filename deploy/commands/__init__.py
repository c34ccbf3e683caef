"""The commands of `patron`, one file a subject."""
