"""The shop that every peer serves: one layout of tables, one seed, one set of expected answers."""
