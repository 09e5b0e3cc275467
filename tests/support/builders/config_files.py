"""TODO."""

MINIMAL = """
[[target]]
name = "production"
[target.okta]
org_url = "https://acme.okta.com"
app_id = "0oa1"
token_env = "OKTA_TOKEN"
[target.unleash]
url = "https://unleash.acme.example"
token_env = "UNLEASH_TOKEN"
"""
SECRETS = {"OKTA_TOKEN": "00abc", "UNLEASH_TOKEN": "user:abc"}
