"""KMD Opus's daily file (``ZLPE…_delta.xml``) as a source of master data."""
