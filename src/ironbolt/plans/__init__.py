"""Compiled query plans: SQL built once for each shape of a query, and rows that become Structs without instances."""
