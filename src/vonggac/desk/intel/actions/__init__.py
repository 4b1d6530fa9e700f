"""Every write over lists and indicators."""
