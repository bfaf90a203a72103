"""Queries, one module per aggregate. Every function takes the connection (or pool) it runs on; none opens its own."""
