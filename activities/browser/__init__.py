"""Playwright lives here and nowhere else."""
