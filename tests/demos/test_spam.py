"""The spam demo: what it measures, what it learns, whose mail it reads, and what it says of mail it cannot read."""

from __future__ import annotations

import json
import mailbox
import math
from email.message import EmailMessage
from pathlib import Path

import pytest

from demos import spam
from demos.common import mail
from demos.common import spam_features as features


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_features_are_what_the_note_says():
    text = "FREE now! Go to https://a.example or www.b.example 42"
    found = {feature.name: feature.measure(text) for feature in features.FEATURES}
    assert found["FREE"] == 1.0
    assert found["links, log"] == math.log1p(2)
    assert found["share of capitals"] == 5 / sum(map(str.isalpha, text))
    assert found["length, log"] == math.log1p(len(text))
    assert features.FEATURES[0].measure("freedom, FREEDOM, free") == 0.0
    assert [feature.measure("") for feature in features.FEATURES] == [0.0] * len(features.FEATURES)


def test_it_learns_what_the_note_expects(folder: Path):
    spam.main([])
    card = json.loads((folder / "out" / "spam.json").read_text("utf-8"))
    ours = {row["what"]: row["ours"] for row in card["rows"]}
    free, links, capitals = (float(ours[f"weight, {name}"]) for name in ("FREE", "links, log", "share of capitals"))
    assert free > links > capitals > 0.0 > float(ours["weight, length, log"])
    assert float(ours["accuracy"].rstrip("%")) > 80.0
    assert float(ours["area under the ROC"]) > 0.9
    assert "made-up" in card["lesson"].lower()
    assert (folder / "out" / "spam.svg").exists()


def test_native_training_is_eager_training():
    data = features.measure(mail.Reading(features.make_up(40, 1), {}))
    native, eager = (
        [w.data for w in spam.learn(data, epochs=5, native=native).neuron.parameters()] for native in (True, False)
    )
    assert native == pytest.approx(eager, rel=1e-9)


def test_what_is_held_out_is_not_learned_from():
    data = features.measure(mail.Reading(features.make_up(100, 1), {}))
    numbered = data._replace(rows=[[float(k)] for k in range(100)])
    learned, held_out = features.split(numbered, seed=3)
    assert sorted(learned.rows + held_out.rows) == numbered.rows
    assert (len(held_out.rows), sum(held_out.targets)) == (30, 15)


def test_a_column_of_equal_numbers_is_harmless():
    data = features.measure(mail.Reading(features.make_up(40, 1), {}))
    flat = data._replace(rows=[[*row, 0.1] for row in data.rows])
    classifier = spam.learn(flat, epochs=20)
    assert classifier.deviations[-1] == 1.0
    assert classifier.neuron.weights[-1].data == pytest.approx(0.0, abs=1e-12)


def test_roc_and_scores_are_those_worked_out_by_hand():
    logits, targets = [3.0, 1.0, 1.0, -1.0, -2.0], [1.0, 1.0, 0.0, 1.0, 0.0]
    assert spam.roc(logits, targets) == [(0, 0), (0, 1 / 3), (0.5, 2 / 3), (0.5, 1), (1, 1)]
    assert spam.area(spam.roc(logits, targets)) == pytest.approx(4.5 / 6)  # pairs in order, a tie counts half
    assert spam.scores(logits, targets) == (3 / 5, 2 / 3, 2 / 3)
    assert spam.scores([-1.0], [0.0]) == (1.0, 0.0, 0.0)


TABLES = {
    "lines.tsv": 'ham\tSay "hi\nspam\tWIN \x85 now\n',
    "rows.csv": 'ham,"Say ""hi"\nspam,WIN \x85 now\n',
    "named.csv": 'id,Text,Label\n1,"Say ""hi",Ham\n2,WIN \x85 now,spam\n',
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("name", TABLES)
def test_tables_are_read_in_any_encoding(folder: Path, name: str, encoding: str):
    (folder / name).write_text(TABLES[name], encoding)
    reading = mail.read_table(folder / name)
    assert reading.mails == [('Say "hi', False), ("WIN \x85 now", True)]
    assert not reading.skipped


def test_bad_rows_are_skipped_and_counted(folder: Path):
    rows = ["spam\tone", "ham\ttwo", "", "eggs\tthree", "no tab", "ham\t ", "spam"]
    (folder / "mail.tsv").write_text("\n".join(rows), "utf-8")
    reading = mail.read_table(folder / "mail.tsv")
    assert [mail.text for mail in reading.mails] == ["one", "two"]
    assert sorted(reading.skipped.values()) == [2, 2]
    (folder / "mail.csv").write_text(f"spam,one\nham,{'x' * 200_000}\nham,two\n", "utf-8")  # over csv's limit
    assert sum(mail.read_table(folder / "mail.csv").skipped.values()) == 1


def letter(text: str, html: bool = False) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Grüße"
    message.set_content(text, subtype="html" if html else "plain")
    return message


def test_mailboxes_of_every_kind_read_the_same(folder: Path):
    letters = [letter("Hello wörld"), letter("<style>p</style><p>Go <a href='https://a.example'>here", html=True)]
    mbox, maildir = mailbox.mbox(folder / "box"), mailbox.Maildir(folder / "dir")
    (folder / "plain").mkdir()
    for k, message in enumerate(letters):
        mbox.add(message)
        maildir.add(message)
        (folder / "plain" / str(k)).write_bytes(bytes(message))
    mbox.close()
    expected = ["Grüße\nGo  https://a.example here", "Grüße\nHello wörld"]
    for name in ("box", "dir", "plain"):
        reading = mail.read_mailboxes(folder / name, folder / "box")
        texts = [" ".join(mail.text.split()) for mail in reading.mails if mail.spam]
        assert sorted(texts) == [" ".join(text.split()) for text in expected]
        assert len(reading.mails) == 4


def test_strange_messages_are_read_or_counted():
    reading = mail.Reading([], mail.Counter())
    for content in (
        b"Content-Type: text/plain; charset=klingon\n\nQapl\xe1",
        b"\xff\xfe\x00 no header at all",
        b"Content-Type: multipart/mixed; boundary=x\n\nnothing",
        b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!",
        b"",
    ):
        mail.add_message(reading, content, True)
    assert reading.mails[0].text == "Qaplá"
    assert len(reading.mails) + sum(reading.skipped.values()) == 5


REFUSED = {
    "": "got 0 and 0 messages",
    "spam\tone\nspam\ttwo": "got 2 and 0 messages",
    "spam\tone\nham\ttwo": "at least 10 messages of other mail, got 1",
    "\x00\x01\x02": "skipped 1 with a label other than",
}


@pytest.mark.parametrize("content", REFUSED)
def test_a_table_of_no_use_is_refused_in_words(folder: Path, content: str):
    (folder / "mail").write_text(content, "utf-8")
    with pytest.raises(SystemExit, match=REFUSED[content]):
        spam.main(["mail"])
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "No such file"),
        (["."], "is a folder"),
        (["--spam", "nowhere", "--ham", "nowhere"], "no such mailbox"),
    ],
)
def test_mail_that_is_not_there_is_missed_in_words(arguments: list[str], message: str):
    with pytest.raises(SystemExit, match=message):
        spam.main(arguments)


@pytest.mark.parametrize("arguments", [["--spam", "a"], ["a", "--download"]])
def test_sources_that_do_not_go_together_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        spam.main(arguments)
    assert "usage" in capsys.readouterr().err


def test_it_reads_your_own_mail(folder: Path, capsys: pytest.CaptureFixture[str]):
    lines = [f"{'spam' if mail.spam else 'ham'}\t{mail.text}" for mail in features.make_up(200, 5)]
    (folder / "mail.tsv").write_text("\n".join([*lines, "eggs\tand spam"]), "utf-8")
    spam.main(["mail.tsv"])
    told = capsys.readouterr().out
    assert "Read 200 messages, 100 of them spam." in told
    assert "Skipped 1 with a label" in told
    assert "made-up" not in told.lower()


def test_a_failed_download_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")  # where nobody answers
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(folder / "data"))
    with pytest.raises(SystemExit, match="UCI Spambase could not be downloaded from openml"):
        spam.main(["--download"])
