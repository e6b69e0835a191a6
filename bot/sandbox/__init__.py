"""Stand-ins on loopback for LinkedIn, a Slack workspace and a mailbox: for the demo and for the tests."""
