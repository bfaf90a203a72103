"""The sandbox street: one web server that behaves as many directory sites and keeps its own books.

It stands in for other people's websites, so it shares no code with the product except the import format of
directories. It is not a mock: forms are validated, refused and listed as the real ones do.
"""
