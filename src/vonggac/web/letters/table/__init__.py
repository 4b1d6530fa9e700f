"""What became of a letter: recipients × clauses, and the report on it."""
