"""The kinds of model, a module each, imported when a model of its kind is named."""
