"""Access: tokens with system roles, and the one table of rights."""
