"""Who may do what in plans: named predicates, one rule per permission."""
