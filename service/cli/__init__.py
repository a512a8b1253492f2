"""The command `gradclinic`. Each command imports what it needs when it runs, so that all start fast."""

import typer

from service.cli import client_commands, push, server_commands

app = typer.Typer(
    name="gradclinic",
    help="Gradient Clinic: which layer, since which step, what cause, what cure.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
server_commands.register(app)
client_commands.register(app)
push.register(app)
