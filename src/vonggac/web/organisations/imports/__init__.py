"""The wizard that takes files into the directory, and the ways out: export, template."""
