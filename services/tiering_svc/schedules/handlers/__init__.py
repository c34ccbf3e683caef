"""Due runs are requested; a scheduled month is assessed."""
