"""The collections of an Unleash instance."""
