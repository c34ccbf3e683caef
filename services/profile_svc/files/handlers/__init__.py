"""Files are opened, amended, and opened as stubs for customers that intake met."""
