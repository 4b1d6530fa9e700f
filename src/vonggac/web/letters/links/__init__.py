"""Pages behind a link in a message: one recipient’s form, without an account."""
