"""Who answers: a module for each kind of model, imported when its name is given."""
