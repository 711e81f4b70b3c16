"""Read labelled mail: a table of label and text, or mailboxes of spam and of ham, which is mail that is not spam.

What cannot be read is skipped and counted; what leaves nothing to learn from is a `ValueError`.
"""

from __future__ import annotations

import csv
import mailbox
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from bs4 import BeautifulSoup

LABELS = {"spam": True, "junk": True, "1": True, "ham": False, "not spam": False, "0": False}
LABEL_NAMES = ("label", "v1", "class", "category", "spam")  # in a table's first row, if it names the columns
TEXT_NAMES = ("text", "v2", "message", "body", "email")
BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


class Mail(NamedTuple):
    """A message's subject and text as one, and whether it is spam."""

    text: str
    spam: bool


class Reading(NamedTuple):
    """What was read, and how often something was skipped, by the reason."""

    mails: list[Mail]
    skipped: Counter[str]


def read_table(path: Path) -> Reading:
    """Read lines of `label<TAB>text`, as in the SMS Spam Collection, or a CSV of these two columns."""
    if path.is_dir():
        raise ValueError(f"{path} is a folder: give mailboxes with --spam and --ham")
    tabs = path.suffix.lower() != ".csv"
    text = decode(path.read_bytes())
    # A tab-separated message may hold a lone quotation mark; in a CSV one opens a field.
    rows = (line.rstrip("\r").split("\t", 1) for line in text.split("\n")) if tabs else csv_rows(text)
    reading, columns = Reading([], Counter()), (0, 1)
    for k, row in enumerate(rows):
        if k == 0 and (named := named_columns(row)):
            columns = named
        elif row and row != [""]:
            add_row(reading, row, columns)
    return check_reading(reading, str(path), "label<TAB>text, or a .csv with a label and a text in each row")


def decode(content: bytes) -> str:
    """Decode UTF-8 or what a byte order mark says, and else Latin-1, in which every byte is a letter."""
    encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return content.decode("latin-1")


def csv_rows(text: str) -> Iterator[list[str]]:
    """Return a CSV's rows; one that the csv module refuses counts as a row without a label."""
    rows = csv.reader(StringIO(text, newline=""))
    while True:
        try:
            yield next(rows)
        except csv.Error:
            yield ["a row that is no CSV"]
        except StopIteration:
            return


def named_columns(row: Sequence[str]) -> tuple[int, int] | None:
    """Find the columns of label and text if a first row names them."""
    names = [name.strip().lower() for name in row]
    found = [next((names.index(name) for name in known if name in names), None) for known in (LABEL_NAMES, TEXT_NAMES)]
    label, text = found
    is_data = bool(names) and names[0] in LABELS and len(names) == 2 and names[1] not in TEXT_NAMES
    return None if label is None or text is None or is_data else (label, text)


def add_row(reading: Reading, row: Sequence[str], columns: tuple[int, int]) -> None:
    """Take a row in if it has a known label and a text, or count why not; `columns` are the places of these two."""
    label, text = (row[k].strip() if k < len(row) else "" for k in columns)
    if label.lower() not in LABELS:
        reading.skipped["with a label other than " + ", ".join(LABELS)] += 1
    elif not text:
        reading.skipped["without a text"] += 1
    else:
        reading.mails.append(Mail(text, LABELS[label.lower()]))


def read_mailboxes(spam: Path, ham: Path) -> Reading:
    """Read two mailboxes, each an mbox file, a Maildir, or a folder with a message in each file."""
    reading = Reading([], Counter())
    for path, is_spam in ((spam, True), (ham, False)):
        for content in messages_in(path):
            add_message(reading, content, is_spam)
    return check_reading(reading, f"{spam} and {ham}", "an mbox file, a Maildir, or a folder of messages")


def messages_in(path: Path) -> Iterator[bytes]:
    """Yield the raw messages of a folder of files, a Maildir or an mbox file, in a fixed order."""
    if not path.exists():
        raise ValueError(f"{path}: no such mailbox")
    if path.is_dir() and not (path / "cur").is_dir():
        yield from (file.read_bytes() for file in sorted(path.iterdir()) if file.is_file())
        return
    if path.is_dir() and not (path / "new").is_dir():
        raise ValueError(f"{path}: a Maildir has a folder 'new' beside its 'cur'")
    with closing((mailbox.Maildir if path.is_dir() else mailbox.mbox)(path, create=False)) as box:
        for key in sorted(box.keys()) if path.is_dir() else box.keys():
            yield box.get_bytes(key)


def add_message(reading: Reading, content: bytes, spam: bool) -> None:
    """Take a message in if it can be parsed and has a text, or count why not."""
    try:
        text = text_of(message_from_bytes(content, policy=policy.default))
    except Exception:  # of whatever kind: the email package raises many on a malformed message
        reading.skipped["that are malformed"] += 1
        return
    if text:
        reading.mails.append(Mail(text, spam))
    else:
        reading.skipped["without a text"] += 1


def text_of(message: EmailMessage) -> str:
    """Put a message's subject before its plain text, or before what its HTML shows."""
    body = message.get_body(("plain", "html"))
    text = "" if body is None else content_of(body)
    if body is not None and body.get_content_subtype() == "html":
        text = shown(text)
    return f"{message.get('subject', '')}\n{text}".strip()


def content_of(part: Message) -> str:
    """Decode a part as it says, or as Latin-1 if it names a charset that there is not."""
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    try:
        return content.decode(part.get_content_charset() or "utf-8", errors="replace")
    except LookupError:
        return content.decode("latin-1")


def shown(html: str) -> str:
    """Return the text of an HTML message, with the addresses of its links."""
    page = BeautifulSoup(html, "html.parser")
    for hidden in page(["style", "script"]):
        hidden.decompose()
    for link in page("a"):
        link.insert_before(f" {link.get('href') or ''} ")
    return page.get_text()


def check_reading(reading: Reading, source: str, expected: str) -> Reading:
    """Refuse a source without spam or without ham."""
    spam = sum(mail.spam for mail in reading.mails)
    ham = len(reading.mails) - spam
    if not spam or not ham:
        skipped = "".join(f"; skipped {count} {reason}" for reason, count in reading.skipped.items())
        raise ValueError(
            f"{source}: expected both spam and ham, got {spam} and {ham} messages{skipped}. Each source is {expected}"
        )
    return reading
