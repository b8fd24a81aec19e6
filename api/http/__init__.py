"""The web service: requests, answers, health, metrics and pages."""
