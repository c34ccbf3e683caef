"""Answers are recorded, missed deadlines kept, months assessed."""
