"""A file that is written whole or not at all."""

from codepilot.sessions.whole import write_whole


def test_all_of_it_is_synced_before_it_takes_the_place_of_the_old_one(tmp_path, synced):
    path = tmp_path / "s.json"
    path.write_text("old")
    write_whole(path, "words")
    assert synced[:1] == [(path.stat().st_ino, 5)]
