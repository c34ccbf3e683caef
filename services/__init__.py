"""The five services; each is a folder with the same rooms, and none imports another."""
