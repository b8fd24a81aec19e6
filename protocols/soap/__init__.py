"""SOAP 1.1 and 1.2 over HTTP: zeep or the caller makes the message, one transport sends it, one reader finds faults."""
