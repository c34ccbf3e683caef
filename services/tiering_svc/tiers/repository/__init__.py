"""SQL of standings, their history and privileges, and of what a decision about new facts looks at."""
