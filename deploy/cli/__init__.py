"""The `directorybolt` command: one module per group of commands."""
