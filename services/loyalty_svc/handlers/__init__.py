"""What loyalty does: woken by facts (`earning`, `granting`), asked by people (`spending`, `deciding`), by time."""
