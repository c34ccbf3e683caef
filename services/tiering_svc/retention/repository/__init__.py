"""SQL of rates, cohorts, lost customers and costs; of purchase days, and of runs of lifetime values."""
