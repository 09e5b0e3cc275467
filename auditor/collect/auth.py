"""How requests are signed: Okta by token or private key, Unleash by token.

An SSWS token is one header, written here. The Okta SDK signs it no differently (a test compares
the two) and would cost every run half a second and over thirty megabytes to import; so it is
imported where it does something: for private key JWT and DPoP, where it makes the assertion and
the proofs, and gets and renews the access token.
"""
