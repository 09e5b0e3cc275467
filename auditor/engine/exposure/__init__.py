"""How long leavers keep access, and how long joiners wait for it. Pure."""
