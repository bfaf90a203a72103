"""Reads what a customer types about their business: what is wrong, how it is understood, what order it makes.

It knows no request and no database.
"""
