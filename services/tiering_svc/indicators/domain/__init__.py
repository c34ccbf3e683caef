"""What a customer's figures are made of: orders net of reversals, sums of windows, snapshots, and the indicators."""
