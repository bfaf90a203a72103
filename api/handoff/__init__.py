"""What waits for a person: the one service behind all actions, and what staff and customers do through it."""
