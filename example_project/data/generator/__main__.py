"""Generates everything under data/landing."""

from pathlib import Path

from . import landing
from .commerce import Commerce
from .product import Product
from .support import Support
from .world import companies, people, servers

LANDING = Path(__file__).resolve().parent.parent / "landing"


def main():
    every_company = companies()
    every_server = servers(every_company)
    everyone = people(every_server)
    product = Product(every_server, everyone)
    commerce = Commerce(every_company, every_server, product.trials)
    support = Support(everyone)

    for name, stream in {"events_web/tracks": product.web, "events_web/pages": product.pages,
                         "events_web/identifies": product.web_identifies, "events_mobile/tracks": product.mobile,
                         "events_mobile/identifies": product.mobile_identifies,
                         "events_server/tracks": product.server}.items():
        landing.ndjson(LANDING / f"{name}.ndjson", stream.landed())

    for name in ("accounts", "contacts", "leads", "opportunities"):
        rows = sorted(getattr(commerce, name), key=lambda row: (row["systemmodstamp"], row["sfid"]))
        landing.table(LANDING / "crm" / f"{name[:-1] if name != 'opportunities' else 'opportunity'}.csv", rows)
    landing.table(LANDING / "crm" / "opportunity_line.csv", commerce.lines)

    versions = [version for subscription in commerce.subscriptions for version in subscription.landed()]
    landing.ndjson(LANDING / "billing/subscriptions.ndjson",
                   [{**row, "_loaded_at": moment.isoformat(timespec="seconds") + "Z"}
                    for moment, row in sorted(versions, key=lambda pair: (pair[0], pair[1]["id"]))])
    landing.ndjson(LANDING / "billing/customers.ndjson", commerce.customers)
    landing.ndjson(LANDING / "billing/invoices.ndjson", commerce.invoices)

    landing.array(LANDING / "lake/licenses.json", commerce.licences)
    landing.table(LANDING / "lake/downloads.csv", support.downloads)
    landing.parquet(LANDING / "lake/server_diagnostics.parquet", {
        "server_id": "varchar", "report_date": "date", "version": "varchar", "edition": "varchar",
        "registered_users": "integer", "active_users": "integer", "posts": "integer", "cpu_percent": "double",
        "database_engine": "varchar", "received_at": "timestamp"}, product.diagnostics)

    helpdesk = {"id": "bigint", "subject": "varchar", "priority": "varchar", "requester_id": "bigint", "tags": "varchar[]",
                "created_at": "timestamp", "status": "varchar", "first_replied_at": "timestamp", "solved_at": "timestamp",
                "satisfaction": "varchar", "updated_at": "timestamp", "_sdc_batched_at": "timestamp", "_sdc_sequence": "bigint"}
    landing.parquet(LANDING / "helpdesk/tickets.parquet", helpdesk, [tuple(row.values()) for row in support.tickets])
    landing.table(LANDING / "helpdesk/users.csv", support.users)
    issues = {"key": "varchar", "summary": "varchar", "issue_type": "varchar", "status": "varchar", "priority": "varchar",
              "labels": "varchar[]", "fix_version": "varchar", "created_at": "timestamp", "resolved_at": "timestamp",
              "_sdc_batched_at": "timestamp", "_sdc_sequence": "bigint"}
    landing.parquet(LANDING / "tracker/issues.parquet", issues, [tuple(row.values()) for row in support.issues])
    landing.table(LANDING / "mktg_auto/form_fills.csv", support.forms)
    landing.table(LANDING / "web_analytics/sessions.csv", support.sessions)


main()
