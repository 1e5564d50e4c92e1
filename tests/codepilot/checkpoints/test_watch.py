"""What the kernel tells: a path that was touched is never missing."""

import random
import shutil

import pytest
from benchmarks.rewind import FOLDERS, NAMES, snapshot

from codepilot.checkpoints.watch import CannotWatch, Watch

ACTS = 40


def act(folder, dice):
    some, other = (folder / dice.choice(NAMES) for _ in range(2))
    at, goal = (folder / dice.choice(FOLDERS) for _ in range(2))

    def write():
        some.parent.mkdir(parents=True, exist_ok=True)
        some.write_text(str(dice.random()))

    acts = [
        *(write, write, write, some.unlink, lambda: some.rename(other), lambda: at.rename(goal)),
        *(lambda: shutil.rmtree(at), lambda: shutil.copytree(at, goal), lambda: some.chmod(0o600)),
        *(
            lambda: (at.rename(goal), at.mkdir(), (at / "x.txt").write_text("x")),
            lambda: some.symlink_to("a.txt"),
        ),
    ]
    try:
        dice.choice(acts)()
    except OSError:
        pass  # the dice wanted what cannot be


@pytest.mark.parametrize("seed", range(12))
def test_whatever_changes_is_told(tmp_path, seed):
    dice = random.Random(seed)
    for _ in range(10):
        act(tmp_path, dice)
    watch = Watch(str(tmp_path), lambda folder: False)
    try:
        for _ in range(ACTS):
            before = snapshot(tmp_path)
            for _ in range(dice.randint(1, 8)):
                act(tmp_path, dice)
            after = snapshot(tmp_path)
            changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
            quiet, told = watch.quiet(), watch.take()
            missed = {
                path
                for path in changed - told.files
                if not any(path.startswith(folder + "/") for folder in told.gone)
            }
            assert not missed and not told.lost
            assert not (quiet and changed)
            assert watch.quiet()
    finally:
        watch.close()


def test_too_many_folders_or_none_at_all(tmp_path, monkeypatch):
    (tmp_path / "a/b").mkdir(parents=True)
    monkeypatch.setenv("CODEPILOT_WATCHES", "2")
    with pytest.raises(CannotWatch, match="too many"):
        Watch(str(tmp_path), lambda folder: False)
    assert len(Watch(str(tmp_path), lambda folder: folder == "a/b")) == 2
    with pytest.raises(CannotWatch):
        Watch(str(tmp_path / "missing"), lambda folder: False)


def test_a_root_that_is_replaced_is_lost(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    watch = Watch(str(root), lambda folder: False)
    root.rename(tmp_path / "elsewhere")
    assert watch.take().lost
    watch.close()
