"""How much time a stage is given, and what becomes of a deadline. Pure: instants are arguments."""
