"""Identity provider: what REConnect asserts to other systems about the people who log in."""
