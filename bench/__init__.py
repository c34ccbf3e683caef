"""What is measured, and the limit programs it is measured against."""
