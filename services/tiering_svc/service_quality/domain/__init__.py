"""The satisfaction index with its answers, and the rules of assessments: read, scored, applied."""
