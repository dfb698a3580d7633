"""ACLNet."""
