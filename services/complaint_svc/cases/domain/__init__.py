"""The path of a case, its steps as decisions, and what happens when nobody acts. Pure: time and ids are arguments."""
