"""Letters that came in, the register, what is referred to other bodies."""
