"""What happens when a fact is announced that only indicators read: it is kept, with both its times."""
