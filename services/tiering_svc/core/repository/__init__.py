"""SQL that several areas use: the row of the business, and what was bought by month as of or known at an instant."""
