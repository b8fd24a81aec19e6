"""A stand-in for STIL's wsiEKSPORT 7 (unilogin.md §9): it checks requests, and can misbehave."""
