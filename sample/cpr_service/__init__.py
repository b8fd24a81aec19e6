"""A stand-in for Serviceplatformen's CPR services: SF1520 (lookup) and SF6002 (subscription, files by SFTP).

Built from cpr.md §10, not from experience with the services: what is unverified there is unverified here.
"""
