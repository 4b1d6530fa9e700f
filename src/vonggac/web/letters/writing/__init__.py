"""Letters are written here: the list, the editor, its checks, its way out, groups of recipients."""
