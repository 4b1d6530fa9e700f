"""Vietnamese in the fonts of before Unicode: its bytes look like other letters, so it is told, never shown as text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vonggac.errors import N_, InputError

_OLD_FONT = re.compile(r"(?:^|\+)(\.?Vn[A-Z]\w*|VNI[-_ ]\w+|VNtimes\w*|VPS \w+)", re.IGNORECASE)
_MODERN = re.compile("[ăĂđĐơƠưƯ\u0300\u0301\u0303\u0309\u0323\u1ea0-\u1ef9]")
_TCVN3 = re.compile("[\u00a1-\u00bf×÷µ]")
_VNI = re.compile("[ñÑöÖïÏëËäÄåÅæÆüÜÿûÛøØ]")
_GARBAGE = re.compile(r"\(cid:\d+\)|[\ue000-\uf8ff\ufffd]")
_LETTERS = re.compile(r"[^\W\d_]")
_SHARE = 0.04


def is_old_font(name: str) -> bool:
    """Whether a font is named like those of TCVN3 or VNI."""
    return bool(_OLD_FONT.search(name or ""))


def is_old_text(text: str, font: str) -> bool:
    """Whether ``text``, set in ``font``, is coded in the font's own way: many set good Unicode in a font of such a name."""
    return is_old_font(font) and not text.isascii() and not _MODERN.search(text)


def refuse_old(texts: Iterable[str], n_old: int, font: str, file: str) -> None:
    """Raise InputError when the letter cannot be read for its fonts: ``n_old`` letters are set in old ones, or the text looks so."""
    text = " ".join(texts)
    n = len(_LETTERS.findall(text)) or 1
    if n_old / n > _SHARE * 2:
        raise _old(font or "TCVN3, VNI", file)
    n_modern = len(_MODERN.findall(text))
    for name, signs in (("TCVN3 (.VnTime)", _TCVN3), ("VNI (VNI-Times)", _VNI)):
        n_signs = len(signs.findall(text))
        if n_signs / n > _SHARE and n_signs > 2 * n_modern:
            raise _old(name, file)
    n_garbage = len(_GARBAGE.findall(text))
    if n_garbage / n > _SHARE:
        raise InputError(
            N_("its text cannot be read: the fonts in the file do not say which letters they hold. Ask for the DOCX, or a scan of it"),
            where=file,
        )  # fmt: skip


def _old(font: str, file: str) -> InputError:
    return InputError(
        N_("written in an old font that is not Unicode ({font}): convert it to Unicode (TCVN 6909), or send a scan of the print"),
        where=file, font=font[:60],
    )  # fmt: skip
