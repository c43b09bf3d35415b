"""`parley agreement`: documents, acts, and verdicts; each command lives beside its subject."""

from __future__ import annotations

import typer

from parley.app.cli import agreement_acts, agreement_documents, agreement_verdicts

app = typer.Typer(
    name="agreement",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Write, check, adopt and judge agreements.",
)

app.command("check")(agreement_documents.check)
app.command("new")(agreement_documents.new)
app.command("show")(agreement_documents.show)
app.command("schema")(agreement_documents.schema)

app.command("verdicts")(agreement_verdicts.verdicts)
app.command("explain")(agreement_verdicts.explain)
app.command("report")(agreement_verdicts.report)

app.command("list")(agreement_acts.list_agreements)
app.command("at")(agreement_acts.at)
app.command("propose")(agreement_acts.propose)
app.command("sign")(agreement_acts.sign)
app.command("decline")(agreement_acts.decline)
app.command("suspend")(agreement_acts.suspend)
app.command("resume")(agreement_acts.resume)
app.command("withdraw")(agreement_acts.withdraw)
app.command("renew")(agreement_acts.renew)
