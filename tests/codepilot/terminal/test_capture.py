from codepilot.terminal.capture import Capture


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
