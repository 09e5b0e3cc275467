"""The commands. A module has the name of its command and defines it as ``command``."""
