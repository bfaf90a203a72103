"""The thin HTTP side: it reads the ledger, and asks Temporal through one gateway module."""
