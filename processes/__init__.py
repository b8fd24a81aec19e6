"""Processes that are drawn in BPMN, and run. Built so far: the engine."""
