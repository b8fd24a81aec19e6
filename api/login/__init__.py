"""The pages of login: SAML's addresses, the login form, invitations, the second factor and logout."""
