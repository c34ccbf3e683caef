"""Working time and the calendar it is counted by. Pure."""
