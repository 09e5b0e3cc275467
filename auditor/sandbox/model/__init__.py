"""What exists in the sandbox: the records of the org and the instance, their clock and ids."""
