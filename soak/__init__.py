"""Long runs, each bounded in time: kills, mutated sentences, and an input far larger than memory."""
