"""Messages to people: by mail and by text message."""
