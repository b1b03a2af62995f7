import os
import subprocess

from tests.unit.docker.scripts import FOLDER

EPOCH, BEFORE = 1735689600, 1600000000


def settle(folder):
    subprocess.run(
        [FOLDER / "settle.sh", folder],
        env={**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH)},
        check=True,
    )


def dates(folder):
    return {
        path.relative_to(folder).as_posix(): path.lstat().st_mtime
        for path in (folder, *folder.rglob("*"))
    }


def test_what_a_step_made_and_the_folders_above_it_get_the_one_date(tmp_path):
    folder = tmp_path / "root"
    (folder / "usr/local/a b").mkdir(parents=True)
    (folder / "etc").mkdir()
    for name in ("usr/local/a b/new\nline", "etc/old"):
        (folder / name).touch()
    (folder / "usr/local/link").symlink_to("nowhere")
    # An overlay shows these dates although the step changed what is below.
    for name in ("etc/old", "etc", "usr/local", "usr", "."):
        os.utime(folder / name, (BEFORE, BEFORE))
    settle(folder)
    assert dates(folder) == {
        "etc": BEFORE,
        "etc/old": BEFORE,
        **dict.fromkeys(
            (".", "usr", "usr/local", "usr/local/a b", "usr/local/a b/new\nline", "usr/local/link"),
            EPOCH,
        ),
    }


def test_where_nothing_was_made_nothing_changes(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path):
        os.utime(path, (BEFORE, BEFORE))
    settle(tmp_path)
    assert set(dates(tmp_path).values()) == {BEFORE}
