"""HTTP of retention rates, cohorts, lost customers, costs, and lifetime values."""
