"""Pages and routes of indicators: the list, one, telling them, files of others, other names of malware."""
