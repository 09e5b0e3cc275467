"""What all outgoing connections share: certificates, proxies, Retry-After, error messages."""
