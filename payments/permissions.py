"""Who may do what in payments: named predicates, one rule per permission."""
