"""SFTP to a server whose key is pinned: login, connection and errors."""
