"""HTTP of the satisfaction index and answers, and of assessments."""
