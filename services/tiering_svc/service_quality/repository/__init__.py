"""SQL of answers and the rates beside them, of assessments and what became of each customer in a month."""
