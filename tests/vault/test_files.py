import stat

import pytest

from vault.files import make_private, written_whole


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "key"

    def interrupted():
        with written_whole(path) as partial:
            partial.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()

    assert list(tmp_path.iterdir()) == []
    with written_whole(path) as partial:
        partial.write_text("whole")
        assert not path.exists()
    assert [found.read_text() for found in tmp_path.iterdir()] == ["whole"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_existing_file_is_made_private_and_kept(tmp_path):
    path = tmp_path / "keys.db"
    path.write_text("kept")
    path.chmod(0o644)

    with pytest.raises(FileExistsError):
        make_private(path)
    make_private(path, exists_ok=True)

    assert path.read_text() == "kept"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
