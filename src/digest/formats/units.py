"""A command and the newsletter's folder -> what to paste so that a machine sends by itself: crontab, systemd units."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_PLAIN = re.compile(r"[\w@%+=:,./-]+", re.ASCII)
_CRONTAB = """\
# {title}: every five minutes, send what is due. These lines belong into `crontab -e`.
# What is told is added to cron.log in the newsletter's folder.
# A password has a line of its own above the next one: DIGEST_SMTP_PASSWORD=... for the relay,
# DIGEST_IMAP_PASSWORD=... for the mailbox of [feedback].
*/5 * * * * {command} >> {log} 2>&1
"""
_SERVICE = """\
# {place}/{name}.service{more}
[Unit]
Description={title}
Wants=network-online.target
After=network-online.target

[Service]
{kind}
ExecStart={command}
User={user}
WorkingDirectory={home}
# Secrets, mode 0600: DIGEST_SMTP_PASSWORD=... and DIGEST_IMAP_PASSWORD=...
EnvironmentFile=-{home}/digest.env

# The newsletter's folder is all that it may write to.
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={writable}
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
"""
_WANTED = """
[Install]
WantedBy=multi-user.target
"""
# Exit code 2 is a mistake in the files: trying again does not mend it.
_DAEMON = """\
Type=notify
WatchdogSec=5min
Restart=on-failure
RestartSec=10s
RestartPreventExitStatus=2
# SIGTERM lets it finish what is in flight; its helpers end with it.
KillMode=mixed
TimeoutStopSec=2min"""
_ONCE = """\
Type=oneshot
# Done in part: the rest is tried again.
SuccessExitStatus=3
KillMode=mixed
TimeoutStopSec=2min"""
_TIMER = """
# {place}/{name}.timer - then: systemctl enable --now {name}.timer
[Unit]
Description={title}, every five minutes

[Timer]
OnCalendar=*:0/5
Persistent=yes
AccuracySec=1s

[Install]
WantedBy=timers.target
"""
_PLACE = "/etc/systemd/system"
_NAME = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the lines and units are about; every path is absolute."""

    title: str
    program: Sequence[str]
    """What runs `digest`."""
    home: Path
    user: str
    writable: Sequence[Path]
    """Folders that it writes to, the newsletter's own among them."""


def crontab(machine: Machine) -> str:
    """Comments and the line that sends what is due; ValueError when cron cannot carry a path."""
    command = shlex.join([*machine.program, "--home", str(machine.home), "send"])
    return _CRONTAB.format(
        title=_line(machine.title), command=_cron(command), log=_cron(shlex.quote(str(machine.home / "cron.log")))
    )


def daemon(machine: Machine) -> str:
    """The unit of a service that runs `digest schedule run`."""
    more = f" - then: systemctl enable --now {_NAME}.service"
    return _service(machine, ("schedule", "run"), _DAEMON, more) + _WANTED


def timer(machine: Machine) -> str:
    """The units of a service that sends what is due once, and of the timer that starts it every five minutes."""
    service = _service(machine, ("send",), _ONCE, "")
    return service + _TIMER.format(place=_PLACE, name=_NAME, title=_percent(_line(machine.title)))


def _service(machine: Machine, arguments: Sequence[str], kind: str, more: str) -> str:
    command = [*machine.program, "--home", str(machine.home), *arguments]
    return _SERVICE.format(
        place=_PLACE,
        name=_NAME,
        more=more,
        title=_percent(_line(machine.title)),
        kind=kind,
        command=" ".join(_word(word.replace("$", "$$")) for word in command),
        user=machine.user,
        home=_percent(_line(str(machine.home))),
        writable=" ".join(_word(str(path)) for path in machine.writable),
    )


def _cron(text: str) -> str:
    """A bare % ends the command of a crontab line (crontab(5))."""
    if "\n" in text:
        raise ValueError("a crontab has no way to write a path with a line break")
    return text.replace("%", r"\%")


def _word(text: str) -> str:
    """A word as systemd reads it: % is doubled, and what is not plain is quoted (systemd.syntax(7))."""
    text = _percent(text)
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _percent(text: str) -> str:
    return text.replace("%", "%%")


def _line(text: str) -> str:
    return " ".join(text.split("\n"))
