from codepilot import paths
from codepilot_tui.bench.layout import Wants
from codepilot_tui.bench.memory import Remembered, keep, recall


def test_each_folder_has_its_own(tmp_path):
    here = Remembered(Wants(folded=frozenset(["files"]), terminal=0.5), "paper")
    keep(tmp_path / "here", here)
    assert recall(tmp_path / "here") == here
    assert recall(tmp_path / "there") == Remembered()


def test_a_broken_file_is_the_default(tmp_path):
    keep(tmp_path, Remembered(theme="paper"))
    (file,) = (paths.state_dir() / "layout").iterdir()
    file.write_text("{")
    assert recall(tmp_path) == Remembered()
    file.write_text("[1]")
    assert recall(tmp_path) == Remembered()


def test_a_disk_that_is_full_disturbs_nobody(tmp_path):
    paths.private_dir(paths.state_dir())
    (paths.state_dir() / "layout").write_text("in the way")
    keep(tmp_path, Remembered(theme="paper"))
    assert recall(tmp_path) == Remembered()
