"""What it means: one behaviour per file, events out, the ledger, evaluation."""
