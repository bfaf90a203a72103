"""How the whole service is, for staff, and what they do to a whole job."""
