"""What people decide about key accounts and exclusions, and what rules and people flag."""
