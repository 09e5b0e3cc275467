"""Incidents as users see them: notified states, waiting notifications, actions of users."""
