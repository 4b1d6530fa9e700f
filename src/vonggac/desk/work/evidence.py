"""What a file that proves something may be: told by its bytes, never by its name.

Nothing is run, unpacked to the disk or shown as it is. What a program could run is taken in a sealed archive only; what is two
kinds of file at once, loads something from elsewhere, or unpacks to far more than it is, is refused. The search for active parts of
a PDF sees those that stand in plain sight: files leave as downloads that no browser shows.
"""

from __future__ import annotations

import io
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from vonggac.desk.organisations.checks import first_hidden
from vonggac.errors import N_, FormatUnknown, InputError, UnsafeInput
from vonggac.tables.zips import ZIP_MAGICS, OfficeZip, open_zip, refuse_doctypes

MOST_BYTES: Final = 50 << 20
"""Of one file."""
MOST_OF_TASK: Final = 200 << 20
"""Of all files of one Task."""
_MOST_MEMBER = 128 << 20
_MOST_UNPACKED = 256 << 20
_MOST_SEALED = 1 << 30
_MOST_MAIL = 25 << 20
_MOST_PARTS = 60
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Kind:
    """``suffixes``: endings of names that tell it; a name with another ending gets the first. ``is_image``: there is a preview."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    is_image: bool = False


PNG = Kind("png", N_("Picture"), (".png",), is_image=True)
JPEG = Kind("jpeg", N_("Picture"), (".jpg", ".jpeg"), is_image=True)
WEBP = Kind("webp", N_("Picture"), (".webp",), is_image=True)
PDF = Kind("pdf", "PDF", (".pdf",))
TEXT = Kind("text", N_("Text or log"), (".txt", ".log", ".csv"))
DOCX = Kind("docx", N_("Word document"), (".docx",))
XLSX = Kind("xlsx", N_("Workbook"), (".xlsx",))
MAIL = Kind("eml", N_("E-mail"), (".eml",))
PCAP = Kind("pcap", N_("Network capture"), (".pcap", ".pcapng"))
ZIP = Kind("zip", N_("ZIP archive"), (".zip",))
SEALED_ZIP = Kind("zip_sealed", N_("ZIP archive with a password"), (".zip",))
SEALED_7Z = Kind("7z_sealed", N_("7z archive with a password"), (".7z",))

KINDS: tuple[Kind, ...] = (PNG, JPEG, WEBP, PDF, TEXT, DOCX, XLSX, MAIL, PCAP, ZIP, SEALED_ZIP, SEALED_7Z)
BY_NAME = {kind.name: kind for kind in KINDS}

_EXECUTABLE = (
    b"MZ", b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"dex\n",
    b"L\0\0\0\x01\x14\x02\0", b"#!", b"MSCF", b"ITSF", b"!<arch>",
)  # fmt: skip
"""How programs, links and installers begin."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PACKED = (b"Rar!", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")
_CAPTURES = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a")
_SEVEN = b"7z\xbc\xaf\x27\x1c"
_MARKUP = re.compile(
    rb"<\s*(?:!doctype|html|head|body|script|svg|iframe|object|embed|meta|link|\?xml|\?php)\b", re.IGNORECASE
)
"""Nothing shorter: what is compressed holds any two bytes by chance."""
_ACTIVE_PDF = re.compile(rb"/(?:JavaScript|Launch|RichMedia|XFA)(?![A-Za-z0-9])")
_BLANK = b" \t\r\n\f\xef\xbb\xbf"
_BEGINS_AS_MARKUP = re.compile(rb"<[!?/%A-Za-z]")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b")) + b"\x7f"
_HEADER_LINE = re.compile(rb"[!-9;-~]+:[ \t]|From ")
_MAIL_HEADERS = (b"to", b"subject", b"date", b"message-id", b"received", b"mime-version", b"return-path")


def kind_of(data: bytes) -> Kind:
    """The kind of a file. Raises FormatUnknown for what is none of KINDS, UnsafeInput for what is refused, InputError for what is damaged."""
    if not data:
        raise InputError(N_("an empty file shows nothing"))
    if len(data) > MOST_BYTES:
        raise UnsafeInput(
            N_("the file is larger than {limit} MB, which is the most that is taken"), limit=MOST_BYTES >> 20
        )
    return _kind(data, "", 0)


def _kind(data: bytes, where: str, depth: int) -> Kind:
    """``depth``: in how many archives it stands."""
    if data.startswith(ZIP_MAGICS):
        return _zip(data, where, depth)
    if data.startswith(_SEVEN):
        return _seven(data, where, depth)
    _refuse_programs(data, where)
    kind = _by_magic(data, where)
    if kind is None:
        return _text_or_mail(data, where, depth)
    if _MARKUP.search(data[:_HEAD]) or zipfile.is_zipfile(io.BytesIO(data)):
        raise UnsafeInput(N_("it is two kinds of file at once; refused"), where=where)
    return kind


def _refuse_programs(data: bytes, where: str) -> None:
    if data.startswith(_EXECUTABLE):
        message = N_(
            "a program or script is taken only in a ZIP or 7z archive with a password: pack it, then send that"
        )
        raise UnsafeInput(message, where=where)
    if data.startswith(_OLE):
        message = N_("an old office file or an installer: save it as DOCX, XLSX or PDF, or pack it with a password")
        raise UnsafeInput(message, where=where)
    if data.startswith(_PACKED):
        raise FormatUnknown(N_("of archives only ZIP and 7z are taken: pack it anew"), where=where)


def _by_magic(data: bytes, where: str) -> Kind | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        if data[12:16] != b"IHDR" or b"IEND" not in data[-32:]:
            raise InputError(N_("the picture is damaged, or something hangs on its end"), where=where)
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        if abs(int.from_bytes(data[4:8], "little") + 8 - len(data)) > 1:
            raise InputError(N_("the picture is damaged, or something hangs on its end"), where=where)
        return WEBP
    if data.startswith(b"%PDF-"):
        if _ACTIVE_PDF.search(data):
            message = N_(
                "the PDF holds a script or starts a program: print it to a new PDF, or pack it with a password"
            )
            raise UnsafeInput(message, where=where)
        return PDF
    return PCAP if data.startswith(_CAPTURES) else None


# ------------------------------------------------------------------------------------------------------------ texts


def _text_or_mail(data: bytes, where: str, depth: int) -> Kind:
    plain = _plain(data)
    if plain is None:
        names = "PNG, JPEG, WebP, PDF, TXT, LOG, CSV, DOCX, XLSX, EML, PCAP, ZIP, 7z"
        raise FormatUnknown(N_("this kind of file is not taken; possible are {names}"), where=where, names=names)
    begin = plain[:_HEAD].lstrip(_BLANK)
    if _BEGINS_AS_MARKUP.match(begin) or begin[:5] in (b"{\\rtf", b"GIF87", b"GIF89"):
        message = N_("a page, drawing or script that a browser would run is not taken: make a picture or a PDF of it")
        raise UnsafeInput(message, where=where)
    if b"%PDF-" in plain[:_HEAD]:
        raise UnsafeInput(N_("it is two kinds of file at once; refused"), where=where)
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise UnsafeInput(N_("it is two kinds of file at once; refused"), where=where)
    if _is_mail(begin):
        _check_mail(data, where, depth)
        return MAIL
    return TEXT


def _plain(data: bytes) -> bytes | None:
    """The text as UTF-8 or nearly so; None when it is no text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            data = data.decode("utf-16").encode("utf-8")
        except UnicodeError:
            return None
    data = data.removeprefix(b"\xef\xbb\xbf")
    if len(data.translate(None, _CONTROLS)) != len(data):
        return None
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        # Logs of old devices have bytes of other code pages here and there.
        n_plain = len(data.translate(None, bytes(range(128, 256))))
        return data if n_plain > 0.7 * len(data) else None
    return data


def _is_mail(begin: bytes) -> bool:
    if not _HEADER_LINE.match(begin):
        return False
    names = {line.partition(b":")[0].strip().lower() for line in begin.splitlines() if b":" in line}
    return b"from" in names and any(name in names for name in _MAIL_HEADERS)


def _check_mail(data: bytes, where: str, depth: int) -> None:
    from email.errors import MessageError
    from email.parser import BytesParser

    if len(data) > _MOST_MAIL or data.lower().count(b"multipart/") > _MOST_PARTS:
        raise UnsafeInput(N_("the e-mail is too large or too deeply nested: pack it with a password"), where=where)
    try:
        parts = list(BytesParser().parsebytes(data).walk())
        for part in parts:
            name = part.get_filename()
            content = part.get_payload(decode=True)
            if part.is_multipart() or not isinstance(content, bytes) or not content:
                continue
            _check_part(content, str(name or part.get_content_type())[:80], depth, is_file=bool(name))
    except (MessageError, RecursionError, LookupError, ValueError, AttributeError, TypeError) as error:
        raise InputError(N_("the e-mail is damaged"), where=where) from error


def _check_part(data: bytes, where: str, depth: int, *, is_file: bool) -> None:
    """What hangs on an e-mail: pictures of any kind may, programs and what carries them may not."""
    if data.startswith((*ZIP_MAGICS, _SEVEN, b"%PDF-")):
        _kind(data, where, depth)
    else:
        _refuse_programs(data, where)
        if is_file and _BEGINS_AS_MARKUP.match(data[:_HEAD].lstrip(_BLANK)):
            message = N_(
                "a page, drawing or script that a browser would run is not taken: make a picture or a PDF of it"
            )
            raise UnsafeInput(message, where=where)


# --------------------------------------------------------------------------------------------------------- archives


def _zip(data: bytes, where: str, depth: int) -> Kind:
    infos = _directory(data, where)
    files = [info for info in infos if not info.is_dir()]
    for info in infos:
        _check_name(info.filename, where)
    if not files:
        raise InputError(N_("an empty file shows nothing"), where=where)
    n_sealed = sum(info.flag_bits & 1 for info in files)
    if n_sealed:
        _refuse_nested(where, depth)
        _check_sealed(data, files, n_sealed, where)
        return SEALED_ZIP
    archive = open_zip(data, where)
    if "[Content_Types].xml" in archive.members:
        return _office(archive, where, depth)
    _refuse_nested(where, depth)
    if sum(info.file_size for info in files) > _MOST_UNPACKED:
        raise _bomb(where)
    for info in files:
        _kind(archive.read(info.filename, _MOST_MEMBER), info.filename[-80:], depth + 1)
    return ZIP


def _directory(data: bytes, where: str) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, EOFError, struct.error) as error:
        raise InputError(N_("damaged or cut off: its zip directory cannot be read"), where=where) from error
    if infos and min(info.header_offset for info in infos) != 0:
        raise UnsafeInput(N_("it is two kinds of file at once; refused"), where=where)
    return infos


def _check_name(name: str, where: str) -> None:
    parts = re.split(r"[/\\]", name)
    climbs = ".." in parts or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name)
    if climbs or first_hidden(name) is not None or len(name) > 500:
        message = N_("a file in the archive is called “{name}”, which would unpack somewhere else; refused")
        raise UnsafeInput(message, where=where, name=ascii(name)[1:81])


def _check_sealed(data: bytes, files: list[zipfile.ZipInfo], n_sealed: int, where: str) -> None:
    """All of it is encrypted, as its directory and its members say alike, and it unpacks to no more than it may."""
    mixed = n_sealed < len(files)
    for info in files:
        local = data[info.header_offset : info.header_offset + 30]
        mixed = mixed or local[:4] != b"PK\x03\x04" or not local[6] & 1
    if mixed:
        raise UnsafeInput(N_("only a part of the archive has a password: pack all of it with one"), where=where)
    if sum(info.file_size for info in files) > _MOST_SEALED:
        raise _bomb(where)


def _seven(data: bytes, where: str, depth: int) -> Kind:
    """7z (7zFormat.txt): taken when its directory is encrypted too, since names cannot be looked at otherwise."""
    _refuse_nested(where, depth)
    try:
        start_crc, offset, size, crc = struct.unpack_from("<IQQI", data, 8)
    except struct.error:
        start_crc = offset = size = crc = -1
    header = data[32 + offset : 32 + offset + size] if 0 < size < 1 << 20 else b""
    if zlib.crc32(data[12:32]) != start_crc or len(header) != size or zlib.crc32(header) != crc:
        raise InputError(N_("the archive is damaged or cut off"), where=where)
    if header[:1] != b"\x17" or b"\x06\xf1\x07\x01" not in header:  # an encoded header, its coder AES-256
        message = N_("a 7z archive needs a password and encrypted file names (7z a -p -mhe=on): pack it anew")
        raise UnsafeInput(message, where=where)
    return SEALED_7Z


def _refuse_nested(where: str, depth: int) -> None:
    if depth:
        raise UnsafeInput(
            N_("an archive in an archive is not taken: unpack it, or pack all of it with a password"), where=where
        )


def _bomb(where: str) -> UnsafeInput:
    return UnsafeInput(N_("the archive would unpack to far more than is taken"), where=where)


# ----------------------------------------------------------------------------------------------------- office files

_MACRO_PARTS = re.compile(
    r"vbaproject|vbadata|macrosheets/|dialogsheets/|activex|customui|/(?:embeddings|ole)[^/]*/[^/]*\.bin$",
    re.IGNORECASE,
)
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>", re.IGNORECASE)
_LOADING = re.compile(rb"/(?:attachedTemplate|oleObject|frame|subDocument|mailMergeSource)[\"']", re.IGNORECASE)
_DDE = re.compile(rb"<(?:\w+:)?ddeLink\b|\bDDE(?:AUTO)?\s+[\"\\&]", re.IGNORECASE)


def _office(archive: OfficeZip, where: str, depth: int) -> Kind:
    kind = DOCX if "word/document.xml" in archive.members else XLSX if "xl/workbook.xml" in archive.members else None
    if kind is None:
        raise FormatUnknown(N_("of office files only DOCX and XLSX are taken: save it as PDF"), where=where)
    types = archive.read("[Content_Types].xml").lower()
    if b"macroenabled" in types or b"\0" in types or any(map(_MACRO_PARTS.search, archive.members)):
        raise UnsafeInput(
            N_("it holds macros or a program: save it without them, or pack it with a password"), where=where
        )
    refuse_doctypes(archive, iter(list(archive.members)))
    for name in archive.members:
        if name.endswith(".rels"):
            _check_relations(archive.read(name), where)
        elif "/embeddings/" in name:
            _kind(archive.read(name, _MOST_MEMBER), name[-80:], depth + 1)
        elif name.startswith(("word/", "xl/externalLinks/")) and name.endswith(".xml"):
            _refuse_dde(archive.pieces(name), where)
    return kind


def _check_relations(data: bytes, where: str) -> None:
    loads = any(_LOADING.search(tag) for tag in _RELATION.findall(data) if b"external" in tag.lower())
    if loads or b"\0" in data:
        raise UnsafeInput(N_("it loads a part from elsewhere when it is opened: save it as PDF"), where=where)


def _refuse_dde(pieces: Iterator[bytes], where: str) -> None:
    tail = b""
    for piece in pieces:
        if _DDE.search(tail + piece):
            raise UnsafeInput(
                N_("it holds macros or a program: save it without them, or pack it with a password"), where=where
            )
        tail = piece[-64:]


# ------------------------------------------------------------------------------------------------------------ names

_BAD_IN_NAMES = re.compile(r'[<>:"|?*]')


def clean_name(name: str, kind: Kind) -> str:
    """``name`` as it is shown and given out: no path, nothing invisible, and the ending of its kind, whatever it said."""
    base = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    base = "".join(char for char in base if first_hidden(char) is None)
    base = " ".join(_BAD_IN_NAMES.sub("_", base).split()).strip(". ")
    stem, dot, end = base.rpartition(".")
    if not dot or f".{end.lower()}" not in kind.suffixes:
        stem, end = base, kind.suffixes[0][1:]
    return f"{stem[:150].strip('. ') or 'file'}.{end.lower()}"
