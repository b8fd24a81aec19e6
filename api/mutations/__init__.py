"""What people maintain: each mutation states something by hand, through ``GraphWriter``."""
