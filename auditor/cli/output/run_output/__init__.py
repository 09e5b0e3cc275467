"""The output of `auditor run`: the result, its details, a batch, and the signals that it leaves."""
