from .checkpoints import sign_checkpoint
from .recording import erase_words, record
from .verifying import AuditProof, verify_audit

__all__ = ["AuditProof", "erase_words", "record", "sign_checkpoint", "verify_audit"]
