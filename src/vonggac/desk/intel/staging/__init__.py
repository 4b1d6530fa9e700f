"""How a version of a list comes to be: its file read into rows, looked at by a person, its rows staged as Tasks, published, looked at again."""
