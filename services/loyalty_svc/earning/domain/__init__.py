"""The rules of earning. Pure: state and facts in, new state and entries out; time and ids are arguments."""
