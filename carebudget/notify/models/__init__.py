from .document import Document
from .message import EmailState, Message

__all__ = ["Document", "EmailState", "Message"]
