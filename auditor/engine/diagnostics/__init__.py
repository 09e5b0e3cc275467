"""What `doctor` concludes about permissions and dependencies. Pure."""
