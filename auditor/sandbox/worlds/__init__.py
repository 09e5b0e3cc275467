"""The worlds that a sandbox serves: one that follows the guide, a crowd, and the demo's story."""
