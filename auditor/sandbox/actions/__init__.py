"""The actions of admins and their effects.

Each action writes the same log entries as the real product.
"""
