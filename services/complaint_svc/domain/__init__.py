"""The rules of cases, deadlines and working time. Pure: instants and ids are arguments."""
