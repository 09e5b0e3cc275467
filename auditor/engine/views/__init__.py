"""What readers are shown, as plain data. Pure."""
