"""HTTP of the pyramid and its movers, of composition, product mix and marks."""
