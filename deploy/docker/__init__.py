"""The production shape: the image of the services, and what compose needs beside it."""
