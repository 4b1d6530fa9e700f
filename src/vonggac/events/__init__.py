"""What an event is, and what is found in it."""
