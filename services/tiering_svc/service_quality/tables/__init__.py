"""Answers about satisfaction, assessments, and the deadlines that were missed."""
