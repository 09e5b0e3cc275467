"""Where a finding is fixed: links, Terraform, missing permissions. Pure."""
