"""Where paths really are. What opens, and what is refused on the way, is tested with the workspace."""

import pytest

from codepilot.errors import WorkspaceError
from codepilot.workspace.places import Place, Places, cannot


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "work"
    (folder / "src").mkdir(parents=True)
    return folder


def places(root, unsafe=False, protected=(".git",)):
    return Places(root, unsafe=unsafe, protected=protected)


def test_a_place_is_absolute_and_free_of_links_even_where_nothing_is(root):
    (root / "link").symlink_to("src")
    place = Place(str(root / "src" / "new.py"), True, ("src", "new.py"), "src/new.py")
    assert places(root).locate("link/new.py") == place
    assert places(root).locate(root / "src" / ".." / "link" / "new.py") == place
    assert places(root).locate(".").shown == "."


def test_outside_is_a_place_only_where_that_is_allowed(root, tmp_path):
    with pytest.raises(WorkspaceError, match="outside the work folder"):
        places(root).locate("../x")
    place = places(root, unsafe=True).locate("../x")
    assert (place.inside, place.shown) == (False, str(tmp_path / "x"))


@pytest.mark.parametrize(
    ("names", "closed"),
    [
        ((".git",), True),
        (("a", ".GIT", "b"), True),
        ((".g\u200cit",), True),
        ((".github",), False),
        (("conf", "keys"), True),
        (("keys", "conf"), False),
    ],
)
def test_control_folders_are_known_at_any_depth(root, names, closed):
    assert places(root, protected=(".git", "conf/keys")).is_protected(names) is closed


def test_paths_are_shown_as_they_were_written(root, tmp_path):
    (root / "link").symlink_to("src")
    (tmp_path / "alias").symlink_to(root)
    assert places(root).display("link/../a.py") == "a.py"
    assert places(root).display("link/a.py") == "link/a.py"
    assert places(tmp_path / "alias").display(tmp_path / "alias" / "a.py") == "a.py"
    assert places(root).display("/etc/hosts") == "/etc/hosts"


def test_what_the_system_refused_comes_with_its_remedy():
    error = cannot("write", "a.py", OSError(28, "No space left on device"))
    assert "Cannot write 'a.py': No space left on device" in str(error)
    assert error.hint == "Make room on the disk, then write again."
