"""HTTP shapes of intake, and the fast parser of orders."""
