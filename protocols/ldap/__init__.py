"""LDAP over TLS, as in Active Directory and Samba: one login, complete answers, values as bytes."""
