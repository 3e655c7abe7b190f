"""Who may do what in providers: named predicates, one rule per permission."""
