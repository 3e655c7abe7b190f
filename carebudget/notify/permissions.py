"""Who may do what in messages: named predicates, one rule per permission."""
