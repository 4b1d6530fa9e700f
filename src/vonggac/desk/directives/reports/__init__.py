"""A report on a letter, made of what its recipients answered: figures, the words of each part, the tables behind it. Pure."""
