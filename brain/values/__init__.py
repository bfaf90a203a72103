"""How a value of the profile is written for one field: one module per kind of value, all pure functions."""
