from .documents import keep_document, render_pdf
from .messaging import deliver_waiting, mark_read, send_message, send_to_all

__all__ = [
    "deliver_waiting",
    "keep_document",
    "mark_read",
    "render_pdf",
    "send_message",
    "send_to_all",
]
