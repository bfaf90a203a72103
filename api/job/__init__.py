"""One job as who watches it sees it: how far it is, what changes, and its report."""
