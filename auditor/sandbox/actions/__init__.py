"""What admins do, and what follows from it: each action logs as the real product would."""
