"""SFTP to a server whose key is pinned: login, connection, and what its errors mean."""
