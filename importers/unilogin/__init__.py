"""STIL's user database (UNI-Login): who the schools and day-care centres say works at them."""
