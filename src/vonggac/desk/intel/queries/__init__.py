"""Every read over lists and indicators."""
