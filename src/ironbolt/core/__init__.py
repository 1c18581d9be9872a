"""The vocabulary both doors share: errors, context, operation, unit of work, scope, settings."""
