"""Rules of messages: which fact asks for which message, to whom it may go, what becomes of it. Pure."""
