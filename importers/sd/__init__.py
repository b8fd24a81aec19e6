"""SD Løn (Silkeborg Data): payroll over web services. See README.md; ``source.SdSource`` is the way in."""
