"""What may be offered to settle a case, and by whom. Pure."""
