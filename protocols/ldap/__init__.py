"""LDAP over TLS, as Active Directory and Samba speak it: one login, whole answers, values as bytes."""
