"""Language models, asked only where the mapper is unsure: they choose among what they are offered and type nothing.

What a model may see is exactly what the requests of `requests.py` hold; what it may say is exactly what the answer
type of its question allows. Without a key no model is asked, and everything works as before.
"""
