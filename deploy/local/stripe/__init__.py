"""A local server that speaks the part of Stripe's API that we use, as Stripe does: for laptops, tests and CI.

The official SDK talks to it, a customer pays on its page, and it posts signed events until they are taken. No money
moves, nothing of it runs in production, and it is no model of Stripe beyond what we use: what it does not know, it
refuses loudly.
"""
