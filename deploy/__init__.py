"""Ways to run Patron: the `patron` command, the embedded system, and the production shapes."""
