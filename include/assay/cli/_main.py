"""The command's entry: verbs, errors and exit codes."""

from __future__ import annotations

import sys

import typer

from assay.cli import (
    _access,
    _advise,
    _anonymity,
    _check,
    _cleaning,
    _data,
    _experiments,
    _explain,
    _feedback,
    _hold,
    _home,
    _incidents,
    _keys,
    _label,
    _label_ends,
    _label_rounds,
    _label_suggest,
    _leases,
    _lineage,
    _models,
    _new,
    _privacy,
    _publish,
    _quality,
    _read,
    _recall,
    _released,
    _rerun,
    _retention,
    _status,
    _suggest,
    _synthesise,
    _tracking,
    _train,
    _trash,
    _validate,
    _versions,
)
from assay.cli._console import errors
from assay.errors import AssayError, cause_of

# Typer may use its own copy of click, whose errors differ from those of the installed click.
ClickException: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)

app = typer.Typer(
    name="assay",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Is this data good, fair and legal, and what changed? Every batch becomes a released "
    "data version, or is held back with reasons.\n\n"
    "Exit codes:\n\n"
    "- 0: pass or warn\n"
    "- 1: a judged FAIL\n"
    "- 2: an error in input, policy or program\n"
    "- 3: inconclusive",
)
for verb in (
    _validate.validate, _data.clean, _data.fairness, _new.new, _suggest.suggest,
    _check.check, _train.train, _models.reproduce, _explain.explain, _feedback.feedback,
    _advise.advise, _synthesise.synthesise, _synthesise.augment,
    _synthesise.augment_images, _status.status,
    _read.read, _rerun.rerun, _lineage.lineage, _recall.recall, _status.data_docs, _status.digest,
    _home.up, _home.down,
):  # fmt: skip
    app.command()(verb)
# Every word after the verb is Airflow's, `--help` too.
_THEIRS = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
app.command(context_settings=_THEIRS)(_home.airflow)
app.add_typer(_access.app, name="access")
app.add_typer(_data.drift_app, name="drift")
_versions.app.command()(_released.checkout)
_versions.app.command()(_released.export)
_versions.app.add_typer(_trash.app, name="trash")
app.add_typer(_versions.app, name="versions")
app.add_typer(_cleaning.app, name="cleaning")
app.add_typer(_quality.app, name="quality")
app.add_typer(_incidents.app, name="incidents")
app.add_typer(_keys.app, name="keys")
app.add_typer(_hold.app, name="hold")
_label.app.command()(_label_suggest.suggest)
for _verb in (
    _label_rounds.draft, _label_rounds.plan, _label_rounds.publish, _label_rounds.collect,
    _label_rounds.status, _label_rounds.adjudicate, _label_ends.land, _label_ends.drop,
):  # fmt: skip
    _label.app.command()(_verb)
app.add_typer(_label.app, name="label")
app.add_typer(_leases.app, name="leases")
app.add_typer(_models.app, name="models")
_experiments.app.command()(_tracking.sync)
app.add_typer(_experiments.app, name="experiments")
_privacy.app.command()(_anonymity.measure)
app.add_typer(_privacy.app, name="privacy")
app.add_typer(_publish.app, name="publish")
app.add_typer(_retention.app, name="retention")
app.add_typer(_status.catalog, name="catalog")


def main() -> None:
    """Run the command; an error is printed on stderr and gives exit code 2."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command with arguments, and return its exit code."""
    try:
        code = app(arguments, standalone_mode=False)
    except AssayError as error:
        errors.print(str(error), style="red", soft_wrap=True)
        return error.exit_code
    except typer.Exit as ended:
        return ended.exit_code
    except ClickException as error:
        error.show()  # type: ignore[attr-defined]
        return 2
    except (typer.Abort, KeyboardInterrupt):
        errors.print("stopped")
        return 130
    except Exception as error:
        errors.print(_shown(error), style="red", soft_wrap=True)
        _raise_to_debug(error)
        return 2
    return code if isinstance(code, int) else 0


def _shown(error: Exception) -> str:
    """The text of an unforeseen error: all of an operating system's, else only its type."""
    if isinstance(error, OSError):
        return str(error)
    return f"{cause_of(error)}. Set ASSAY_DEBUG=1 to see the whole error."


def _raise_to_debug(error: Exception) -> None:
    """Raise the error if ASSAY_DEBUG is set; by default no trace is shown, as it may quote rows."""
    import os

    if os.environ.get("ASSAY_DEBUG"):
        raise error
