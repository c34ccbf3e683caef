"""Pages and examples, run against one embedded system that lives as long as the tests of this package run."""
