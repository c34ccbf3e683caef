"""HTTP shapes of profile: what comes in is checked here, what goes out is spelled here."""
