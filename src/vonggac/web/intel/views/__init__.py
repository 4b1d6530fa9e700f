"""Pages of lists, one file per part of their way."""
