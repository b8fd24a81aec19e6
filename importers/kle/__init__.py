"""KLE: KL's subject classification (KL Emnesystematik), from KLE Online, an XML file or a CSV file."""
