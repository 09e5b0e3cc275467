"""The report on one target: its findings, changes, rules, waivers, trend and headline. Pure."""
