"""Light tracking inside vLLM's own processes. Standard library only; never imports vLLM."""

VERSION = "0.1.0"

# Of the files in a session folder. Readers accept files with columns they do not know.
SCHEMA_VERSION = 1
