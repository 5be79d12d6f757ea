"""What a person or cron types -> one call of the house and its answer; one file is one command."""

import difflib
import gc
import logging
import traceback
from pathlib import Path
from typing import Any

import click

from digest.core import log, plug
from digest.core.errors import DigestError, UsageError

_INTRODUCTION = """Newsletter digests made by a machine, trusted by editors.

\b
  digest init DIR      make a newsletter's folder
  digest render JOB    look at the next edition
  digest send          send whatever is due (what cron calls)
  digest report        who got it, who did not and why
"""
_YOUNG = 50_000
"""New objects before Python looks for garbage among them; 700, its own figure, costs a send 2.5 %."""
_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Told(click.ClickException):
    """An error as a person reads it: its lines, no traceback."""

    def show(self, file: Any = None) -> None:
        del file  # standard error knows its style
        for line in self.message.splitlines():
            logging.getLogger(log.SCREEN).error("digest: %s", line, extra={"event": line, "exit_code": self.exit_code})


class _Misused(_Told):
    """The same for wrong usage or configuration."""

    exit_code = 2


class _Commands(click.Group):
    """Finds its commands as files of this folder, and loads only the one that is called."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command and end the process; whatever becomes of stderr ends nothing."""
        log.set_up("text")
        return super().main(*args, **options)

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(plug.names(__name__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        # What is imported lives to the end: looking for garbage in it takes a tenth of a start, and of a long send.
        gc.disable()
        try:
            command = plug.load(__name__, cmd_name).command
        except LookupError:
            return None
        finally:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.set_threshold(_YOUNG)
            gc.enable()
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"{error.message}{hint}", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, plug.summary(__name__, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.Abort, click.ClickException, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.params["debug"]:
                traceback.print_exc()
            if isinstance(error, UsageError):
                raise _Misused(str(error)) from error
            if isinstance(error, DigestError):
                raise _Told(str(error)) from error
            what = log.anonymous(f"{type(error).__name__}: {error}")
            raise _Told(f"unexpected {what}; --debug shows where") from error


def _set_up_log(ctx: click.Context, option: click.Parameter, style: str) -> None:
    del option
    if not ctx.resilient_parsing:
        log.set_up(style)


def _show_addresses(ctx: click.Context, option: click.Parameter, shown: bool) -> None:  # noqa: FBT001  click's own way
    del option
    if shown and not ctx.resilient_parsing:
        log.show_addresses()


@click.group(cls=_Commands, context_settings=_HELP, help=_INTRODUCTION)
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="DIGEST_HOME",
    default=Path(),
    help="The newsletter's folder; default: DIGEST_HOME or the current folder.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "--log",
    type=click.Choice(log.STYLES),
    envvar="DIGEST_LOG",
    default="text",
    is_eager=True,
    expose_value=False,
    callback=_set_up_log,
    help="What is told on stderr as text, or as a JSON object a line; default: DIGEST_LOG or text.",
)
@click.option(
    "--show-addresses",
    is_flag=True,
    envvar="DIGEST_SHOW_ADDRESSES",
    expose_value=False,
    callback=_show_addresses,
    help="Say e-mail addresses as they are in the log; default: a tag that only digest.key can make.",
)
@click.version_option(package_name="digest")
@click.pass_context
def main(ctx: click.Context, *, home: Path, debug: bool) -> None:
    """Resolve the newsletter's folder for the command that follows."""
    del debug
    ctx.obj = home.resolve()
