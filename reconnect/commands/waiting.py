"""What commands that run a job have in common."""

WAIT = "Wait while another run of the same is under way, instead of ending with exit code 1."
