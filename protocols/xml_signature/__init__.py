"""WS-Security with X.509 certificates: signs SOAP messages, and checks their signatures."""
