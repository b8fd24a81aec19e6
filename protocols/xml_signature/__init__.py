"""WS-Security with X.509 certificates: signing SOAP messages, and checking who has signed one."""
