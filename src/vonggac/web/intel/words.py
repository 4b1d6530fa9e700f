"""What keys of lists are called on pages, and which tone they have."""

from __future__ import annotations

STATE_TONES = {
    "reading": "info",
    "checked": "medium",
    "applying": "info",
    "published": "ok",
    "refused": "high",
    "abandoned": "muted",
}
"""State of a version to the tone of its badge."""

STATUS_SIGNS = {
    "new": ("high", "plus"),
    "still": ("medium", "hold"),
    "back": ("critical", "refresh"),
    "gone": ("info", "eye"),
}
"""Status of a row to tone and icon. What is gone was not seen again: that is no proof that it is clean, so it is not green."""

ATTRIBUTION_TONES = {"owner": "ok", "nobody": "medium", "contested": "high", "none": "muted"}
DECISION_TONES = {"": "muted", "wait": "high", "act": "medium", "ignore": "muted"}
WORK_TONES = {
    "proposed": "info",
    "new": "high",
    "reopened": "critical",
    "acknowledged": "low",
    "in_progress": "low",
    "returned": "high",
    "submitted": "medium",
    "accepted": "ok",
    "rechecked": "ok",
    "closed": "ok",
    "withdrawn": "muted",
}
"""State of a Task to the tone of its badge."""

HEADERS = {
    "victim": "IP nhiễm",
    "organisation": "Đơn vị",
    "malware": "Mã độc",
    "first_seen": "Lần đầu",
    "last_seen": "Lần cuối",
    "seen": "Thời gian",
    "hour": "Giờ",
    "port": "Cổng nguồn",
    "destination": "Máy chủ điều khiển",
    "destination_port": "Cổng đích",
    "count": "Số lần",
    "address": "Địa chỉ IP",
    "indicator": "IOC",
    "hash": "Mã băm",
    "inner": "IP nội bộ",
    "note": "Ghi chú",
    "ordinal": "STT",
}
"""Role to the header that a typed list gets, which is read back as that role."""
