"""What each collection asks, in its real format: one module per sender."""
