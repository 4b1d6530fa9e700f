"""A recipient reads, acknowledges and answers a letter here; the centre does so for it."""
