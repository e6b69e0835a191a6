"""The file while the server runs: watched, read, held against the live rules, put into words."""
