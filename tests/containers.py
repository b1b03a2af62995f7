"""Commands in a container of an image under test."""

from __future__ import annotations

import subprocess


def inside(image: str, command: str, *args: str, user: str = "") -> str:
    """Run a command in a container without network and return what it prints.

    Args:
        image: reference of the image.
        command: what is run instead of the image's entrypoint.
        args: its arguments.
        user: who runs it; the image's own by default.
    """
    words = ["docker", "run", "--rm", "--network=none", f"--entrypoint={command}"]
    if user:
        words.append(f"--user={user}")
    done = subprocess.run([*words, image, *args], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
