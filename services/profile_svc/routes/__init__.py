"""Profile's HTTP: files, the team, the overview, calls. Reads go to the repository, changes to one handler."""
