"""BPMN 2.0 on SpiffWorkflow: read and check a definition, run a case, keep its state as JSON.

The engine knows no graph: which roles, responsibilities and forms there are is given to it, and so is the time. Who has
a task is for others to find (processes.yaml T1).
"""
