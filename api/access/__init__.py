"""Who somebody is, and what they may see and do: staff and services by token or session, customers by their link."""
