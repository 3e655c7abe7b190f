from .chain import AuditChain
from .checkpoint import AuditCheckpoint
from .event import AuditEvent, AuditWords

__all__ = ["AuditChain", "AuditCheckpoint", "AuditEvent", "AuditWords"]
