"""Run a command without a network, whatever its user is.

usage: offline.py COMMAND...

Where this process may, the command gets a network of its own that ends at loopback.  Elsewhere, as
in an image's build, the kernel refuses it sockets of every network, loopback's too: a filter of
system calls that needs no rights, and that no child can take off.
"""

import ctypes
import errno
import fcntl
import os
import platform
import socket
import struct
import sys
from contextlib import suppress

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
X32 = 0x40000000
IO_URING_SETUP = 425
# The kernel's number of the architecture, and of the call that opens a socket.
ARCHITECTURES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}

LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06


def main(command: list[str]) -> None:
    """Take the network away and become the command."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) == 0:
        raise_loopback()
    else:
        refuse_sockets(libc)
    os.execvp(command[0], command)


def raise_loopback() -> None:
    """Switch loopback on, which is off in a new network, where we may."""
    flags = struct.pack("16sh14x", b"lo", IFF_UP | IFF_RUNNING)
    with suppress(PermissionError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        fcntl.ioctl(opened, SIOCSIFFLAGS, flags)


def refuse_sockets(libc: ctypes.CDLL) -> None:
    """Have the kernel refuse this process and its children sockets that lead out of the machine."""
    architecture, opening = ARCHITECTURES[platform.machine()]
    # Each: what is done, places to go on if true and if false, and with which number.
    program = (
        (LOAD, 0, 0, 4),
        (EQUAL, 0, 8, architecture),
        (LOAD, 0, 0, 0),
        (AT_LEAST, 6, 0, X32),
        (EQUAL, 5, 0, IO_URING_SETUP),
        (EQUAL, 0, 3, opening),
        (LOAD, 0, 0, 16),
        (EQUAL, 1, 0, socket.AF_UNIX),
        (EQUAL, 0, 1, socket.AF_NETLINK),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE | errno.EAFNOSUPPORT),
    )
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    filtered = ctypes.create_string_buffer(code, len(code))
    head = struct.pack("HxxxxxxP", len(program), ctypes.addressof(filtered))
    given = ctypes.create_string_buffer(head, len(head))
    for call in (
        (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(given), 0, 0),
    ):
        if libc.prctl(*(ctypes.c_ulong(word) for word in call)) != 0:
            raise OSError(ctypes.get_errno(), "the network cannot be taken away")


if __name__ == "__main__":
    main(sys.argv[1:])
