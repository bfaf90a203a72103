"""What touches the world: one class per outside system, its clients handed in by `deploy.runtime.wiring`."""
