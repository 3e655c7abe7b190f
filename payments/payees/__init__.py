"""Around payees' account details: sealing them, and asking whether they are right. Writes nothing itself."""
