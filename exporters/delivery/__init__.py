"""How files get to a target: to a folder, over FTPES or over SFTP."""
