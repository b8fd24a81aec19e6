"""What people maintain: each mutation states something by hand, through the graph's one door."""
