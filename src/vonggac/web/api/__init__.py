"""The API: the same actions and queries as the pages, as JSON. ``core`` holds what all routes share."""
