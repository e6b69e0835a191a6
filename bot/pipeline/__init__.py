"""What happens to a lead, in this order: receive, dispatch, deliver; and what people do to it: claim."""
