"""Tell whether Okta provisions people into Unleash exactly as the guide demands."""

__version__ = "0.1.0"
