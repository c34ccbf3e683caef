"""Apache Kafka from its own jars, one node, for the tests that must pass on it too."""
