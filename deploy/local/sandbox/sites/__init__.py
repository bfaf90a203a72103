"""The sites of the street, by family of designs."""
