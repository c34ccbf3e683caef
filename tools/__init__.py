"""Developer tools behind the Makefile: set-up, checks, contracts, tests on Apache Kafka. Nothing here is deployed."""
