"""Pure parts that all areas use: calendar months in the business's zone, exact numbers, what a default rule set is."""
