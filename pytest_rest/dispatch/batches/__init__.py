"""Has a run's prompts answered by batches, so that whatever ends a process costs no row twice."""
