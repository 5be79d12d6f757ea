"""Newsletter digests made by a machine, trusted by editors."""
