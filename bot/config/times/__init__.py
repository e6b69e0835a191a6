"""Hours, days, holidays and time zones as the file writes them."""
