import resource
import subprocess
import sys
from pathlib import Path

from codepilot.terminal.session.capture import Capture


def test_short_output_is_given_whole_and_makes_no_file(tmp_path):
    capture = Capture(1000, tmp_path / "spool")
    capture.feed(b"hello\r\n")
    capture.finish()
    taken = capture.take()
    assert (taken.text, taken.truncated, taken.spool) == ("hello\n", False, "")
    assert not (tmp_path / "spool").exists()


def test_each_look_shows_only_what_is_new(tmp_path):
    capture = Capture(1000, tmp_path / "spool")
    capture.feed(b"one\r\npassw")
    assert capture.take().text == "one\npassw"
    capture.feed(b"ord: ")
    assert capture.take().text == "ord: "
    capture.feed(b"\r\ntwo\r\n")
    assert capture.take().text == "\ntwo\n"
    assert capture.take().text == ""
    capture.feed(b"10%\r")
    assert capture.take().text == "10%"
    capture.feed(b"\x1b[2K99%\r\n")
    assert capture.take().text == "99%\n"


def test_long_output_keeps_head_and_tail_and_all_of_it_in_a_file(tmp_path):
    capture = Capture(1000, tmp_path / "spool")
    lines = [f"line {number}" for number in range(20_000)]
    for line in lines:
        capture.feed(line.encode() + b"\r\n")
    capture.finish()
    taken = capture.take()
    assert taken.truncated
    assert taken.text.startswith("line 0\nline 1\n")
    assert taken.text.endswith("line 19998\nline 19999\n")
    assert len(taken.text) < 1100
    left_out = int(taken.text.split("[… ")[1].split(" lines")[0].replace(",", ""))
    assert left_out == 20_000 - taken.text.count("\nline ") - 1
    capture.close()
    assert (tmp_path / "spool").read_text().splitlines() == lines
    assert (tmp_path / "spool").stat().st_mode & 0o777 == 0o600


def test_output_just_over_the_limit(tmp_path):
    capture = Capture(1000, tmp_path / "spool")
    capture.feed(b"x" * 1500)
    capture.finish()
    taken = capture.take()
    assert taken.truncated and "500 bytes left out" in taken.text
    capture.close()
    assert (tmp_path / "spool").read_bytes() == b"x" * 1500


def test_the_file_is_bounded(tmp_path):
    capture = Capture(1000, tmp_path / "spool", spool_limit=5000)
    for _ in range(100):
        capture.feed(b"0123456789\r\n" * 100)
    capture.finish()
    assert capture.take().truncated
    capture.close()
    assert 5000 <= (tmp_path / "spool").stat().st_size < 5100


def test_wide_text_counts_characters(tmp_path):
    capture = Capture(1000, tmp_path / "spool")
    capture.feed(("漢" * 990).encode())
    capture.finish()
    assert capture.take().text == "漢" * 990
    capture.close()


def test_many_small_pieces_are_seen_by_whoever_looks(tmp_path):
    capture = Capture(1000, tmp_path / "spool")
    for letter in b"Password: ":
        capture.feed(bytes([letter]))
    assert capture.line == "Password: "
    capture.feed(b"\x1b[?10")
    capture.feed(b"49h")
    assert capture.full_screen
    capture.feed(b"drawn\x1b[?1049l")
    assert not capture.full_screen and capture.had_full_screen
    capture.feed(b"\r\nend\r\n")
    capture.finish()
    assert capture.take().text == "Password: \nend\n"


def test_the_file_is_complete_when_it_is_told_of(tmp_path):
    capture = Capture(1000, tmp_path / "spool")
    for number in range(500):
        capture.feed(b"line %d\r\n" % number)
    taken = capture.take()
    assert taken.truncated
    assert (tmp_path / "spool").read_text().splitlines()[-1] == "line 499"
    capture.feed(b"more\r\n")
    capture.finish()
    capture.close()
    assert (tmp_path / "spool").read_text().endswith("line 499\nmore\n")
    assert taken.spool == capture.spool == str(tmp_path / "spool")


def test_a_full_file_is_closed_but_once(tmp_path):
    capture = Capture(1000, tmp_path / "spool", spool_limit=5000)
    capture.feed(b"0123456789\r\n" * 300)
    capture.take()
    capture.feed(b"0123456789\r\n" * 300)
    capture.close()
    capture.close()
    text = (tmp_path / "spool").read_text()
    assert text.endswith("too long]\n") and text.count("too long") == 1


def test_how_output_is_cut_into_pieces_changes_nothing(tmp_path):
    data = b"".join(
        (b"line %d\r\n" % n, b"\rover %d\x1b[K\r\n" % n, b"\x1b[31mred\x1b[0m\r\n", "漢字\r\n".encode())[
            n % 4
        ]
        for n in range(20_000)
    )
    results = []
    for size in (7, 4096, 65536, len(data)):
        capture = Capture(1000, tmp_path / f"spool{size}")
        for start in range(0, len(data), size):
            capture.feed(data[start : start + size])
        capture.finish()
        results.append((capture.take().text, (tmp_path / f"spool{size}").read_bytes()))
        capture.close()
    assert all(result == results[0] for result in results)


def _ends_with_a_small_disk(spool):
    """A process that may write files of 1 KB: as on a disk that gets full, a write takes a part, the next one fails."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
    capture = Capture(1000, spool)
    for _ in range(100):
        capture.feed(b"0123456789\r\n" * 1000)
    capture.finish()
    taken = capture.take()
    capture.close()
    print(taken.truncated, taken.text.endswith("789\n"), repr(taken.spool), taken.lost, spool.exists())


def test_a_full_disk_costs_the_file_only(tmp_path):
    code = f"import pathlib\nfrom test_capture import _ends_with_a_small_disk as f\nf(pathlib.Path({str(tmp_path / 'spool')!r}))"
    found = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (found.stdout, found.stderr) == ("True True '' File too large False\n", "")


def test_a_folder_that_is_gone_costs_the_file_only(tmp_path):
    capture = Capture(1000, tmp_path / "gone" / "spool")
    capture.feed(b"0123456789\r\n" * 1000)
    capture.finish()
    taken = capture.take()
    assert (taken.truncated, taken.spool, taken.lost) == (True, "", "No such file or directory")
