"""HTTP in: what LinkedIn, Slack and whoever runs the server ask of us."""
