"""The portal: the shell (settings, base templates, tokens, live updates) and one folder per noun. Importing it loads no Django."""
