"""Files of the directory on their way in: read, checked, staged, made visible; and the shape in which they go out."""
