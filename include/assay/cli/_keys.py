"""The keys that the hosts of a registry share, by their fingerprints."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from assay.cli._console import now, open_services, print_json, results, show, table_of
from assay.cli._options import AsJson, Author

app = typer.Typer(no_args_is_help=True, help="The keys that all hosts share, by fingerprint.")


@app.command("list")
def list_keys(as_json: AsJson = False) -> int:
    """The keys that the registry knows, and who accepted a later version of one."""
    known, accepted = open_services(reading=True).registry.keys()
    if as_json:
        return print_json(
            {"keys": known, "accepted": [a.model_dump(mode="json") for a in accepted]}
        )
    table = table_of(("key", "fingerprint", "accepted", "by", "reason"))
    by_name = {a.name: a for a in accepted}
    for name, fingerprint in known.items():
        a = by_name.get(name)
        about = (f"{a.at:%Y-%m-%d %H:%M}", a.author, a.reason) if a else ("–", "", "")
        table.add_row(name, fingerprint, *about)
    results.print(table if known else "The registry knows no key yet.")
    return 0


@app.command()
def accept(
    reason: Annotated[str, typer.Option(help="Why; on record for ever.")],
    author: Author = None,
    as_json: AsJson = False,
) -> int:
    """Accept this host's pseudonym key as the version that is used from now on.

    Rows that are pseudonymised with it don't join those of earlier versions. Every host must have
    it from then on. The same key under another number is refused.

    Example: assay keys accept --reason "v1 was in a backup that was lost"
    """
    services, who = open_services(), author or getpass.getuser()
    name = f"pseudonym v{services.key.version}"
    services.registry.accept_key(
        name, services.key.fingerprint, reason=reason, author=who, at=now()
    )
    accepted = {"name": name, "fingerprint": services.key.fingerprint}
    return show(accepted, as_json, f"The {name} key is used from now on.")
