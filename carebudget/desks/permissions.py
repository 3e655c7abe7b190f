"""Who may do what in desks: named predicates, one rule per permission."""
