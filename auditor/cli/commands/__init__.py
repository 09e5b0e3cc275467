"""The commands; a file has the name of its command."""
