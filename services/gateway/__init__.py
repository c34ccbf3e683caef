"""gateway: the one public door, and intake: what the outside reports, partners and their keys, outside references."""
