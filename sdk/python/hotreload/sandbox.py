"""Applies to this process the sandbox that the host has made for it: once, and for good.

The order is a part of the nursery's packet:

    {"landlock":true,"supervised":true,"filter":"<base64 of sock_filter[]>",
     "limits":{"RLIMIT_DATA":536870912,…}}

With `landlock` there comes a descriptor of a ruleset, with `supervised` one of a socket over which
the filter's listener goes back to the host. What cannot be applied is an OSError: then nothing of
the plugin may run.
"""

import binascii
import ctypes
import os
import resource
import socket
import struct
import sys

PR_SET_NO_NEW_PRIVS = 38
LANDLOCK_ADD_RULE = 445  # these two have the same numbers everywhere
LANDLOCK_RESTRICT_SELF = 446
SECCOMP = {"x86_64": 317, "aarch64": 277, "riscv64": 277, "armv7l": 383}.get(os.uname().machine)
SECCOMP_SET_MODE_FILTER = 1
SECCOMP_FILTER_FLAG_NEW_LISTENER = 1 << 3
RULE_PATH_BENEATH = 1
READ_FILE_AND_DIR = 1 << 2 | 1 << 3
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1 << 1
OWN_PID_PLACEHOLDER = (0x5E1F9D1D).to_bytes(4, sys.byteorder)
INSTRUCTION_BYTES = 8

libc = ctypes.CDLL(None, use_errno=True)
_syscall = libc.syscall
_syscall.restype = ctypes.c_long


class Program(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = [("instructions", ctypes.c_ushort), ("code", ctypes.c_char_p)]


class CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class Capabilities(ctypes.Structure):
    """Two of struct __user_cap_data_struct"""

    _fields_ = [
        (f"{name}_{part}", ctypes.c_uint32)
        for part in range(2)
        for name in ("effective", "permitted", "inheritable")
    ]


def check(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"the sandbox cannot hold {what}: {os.strerror(number)}")
    return result


def descriptors_wanted(order):
    """How many descriptors come with an order."""
    if order is None:
        return 0
    return bool(order["landlock"]) + bool(order["supervised"])


def filter_code(order):
    """The filter for `enforce`, which need not be decoded by the process that it is for."""
    return binascii.a2b_base64(order["filter"])


def enforce(order, code, descriptors):
    """Takes the descriptors and closes them."""
    descriptors = list(descriptors)
    ruleset = descriptors.pop(0) if order["landlock"] else None
    supervisor = descriptors.pop(0) if order["supervised"] else None
    code = code.replace(OWN_PID_PLACEHOLDER, os.getpid().to_bytes(4, sys.byteorder))
    for name, most in order["limits"].items():
        if name != "RLIMIT_NOFILE":
            set_limit(name, most)
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    if ruleset is not None:
        restrict_files(ruleset)
    if code:
        install_filter(code, supervisor)
    if "RLIMIT_NOFILE" in order["limits"]:
        set_limit("RLIMIT_NOFILE", order["limits"]["RLIMIT_NOFILE"])
    drop_capabilities()


def drop_capabilities():
    """Of root's powers one is kept: to open what another user owns. Which files is Landlock's
    matter.
    """
    check(_capset(_own_process, _kept_capabilities), "the capabilities")


def _held_capabilities():
    held = Capabilities()
    check(libc.capget(_own_process, ctypes.byref(held)), "the capabilities")
    return held


# Made before the fork: in the child each object would cost the copies of some pages.
_capset = libc.capset
_own_process = ctypes.byref(CapabilityHeader(CAPABILITY_VERSION_3, 0))
_kept = _held_capabilities().permitted_0 & CAP_DAC_OVERRIDE
_kept_capabilities = ctypes.byref(Capabilities(effective_0=_kept, permitted_0=_kept))


def set_limit(name, most):
    resource.setrlimit(getattr(resource, name), (most, most))


def restrict_files(ruleset):
    own = os.open("/proc/self", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    rule = struct.pack("=Qi", READ_FILE_AND_DIR, own)
    check(_syscall(LANDLOCK_ADD_RULE, ruleset, RULE_PATH_BENEATH, rule, 0), "the files")
    os.close(own)
    check(_syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0), "the files")
    os.close(ruleset)


def install_filter(code, supervisor):
    program = ctypes.byref(Program(len(code) // INSTRUCTION_BYTES, code))
    flags = 0 if supervisor is None else SECCOMP_FILTER_FLAG_NEW_LISTENER
    listener = check(
        _syscall(SECCOMP, SECCOMP_SET_MODE_FILTER, flags, program), "the system calls"
    )
    if supervisor is None:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, supervisor) as host:
        socket.send_fds(host, [b"\0"], [listener])
    os.close(listener)
