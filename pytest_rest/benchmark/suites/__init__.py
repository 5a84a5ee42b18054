"""Where items come from: one module for each suite."""
