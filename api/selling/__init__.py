"""From the first word of a draft to money taken or given back. Stripe is spoken to here and nowhere else."""
