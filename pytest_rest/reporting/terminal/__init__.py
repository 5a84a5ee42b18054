"""What the terminal shows of a run: lines of text."""
