"""What is sold: CRM records with their history, subscriptions with every change, invoices, licences."""

from datetime import date, datetime, timedelta

from .chance import Chance, key
from .world import FAMILY, GIVEN, LAST_DAY, at

PRICES = {  # (plan, interval): [(valid from, cents a seat and interval)]
    ("professional", "month"): [(date(2023, 1, 1), 1000), (date(2025, 1, 1), 1100)],
    ("professional", "year"): [(date(2023, 1, 1), 10200), (date(2025, 1, 1), 11400)],
    ("enterprise", "month"): [(date(2023, 1, 1), 2200), (date(2025, 1, 1), 2400)],
    ("enterprise", "year"): [(date(2023, 1, 1), 22800), (date(2025, 1, 1), 25200)],
}
STAGES = ["Qualification", "Discovery", "Proposal", "Negotiation"]


def midnight(day):
    return datetime(day.year, day.month, day.day)


def epoch(moment):
    return int((moment - datetime(1970, 1, 1)).total_seconds())


def price_of(plan, interval, day):
    return [cents for since, cents in PRICES[plan, interval] if since <= day][-1]


class Subscription:
    """The life of one subscription, kept as the list of its versions."""

    def __init__(self, company, server, chance):
        self.company, self.server = company, server
        self.id = "sub_" + key("subscription", company.number)
        self.customer = "cus_" + key("customer", company.number)
        self.versions = []
        plan = "enterprise" if company.employees >= 900 else "professional"
        interval = "year" if chance.yes(0.6) else "month"
        seats = max(10, int(company.employees * (0.1 + 0.3 * chance.unit())) // 5 * 5)
        day = company.created + timedelta(days=chance.between(5, 40))
        self.created = at(day, chance)
        self.trial_end = self.created + timedelta(days=30)
        self.add(self.created, "trialing", plan, interval, seats)
        day = self.trial_end.date()
        if chance.yes(0.22):
            self.add(self.trial_end, "canceled", plan, interval, seats)
            return
        self.add(self.trial_end, "active", plan, interval, seats)
        while True:
            day += timedelta(days=chance.between(45, 210))
            if day > LAST_DAY:
                return
            change = chance.weighted({"more": 50, "fewer": 13, "upgrade": 9, "overdue": 12, "cancel": 7, "price": 9})
            if change == "more":
                seats += max(5, int(seats * chance.pick([0.1, 0.2, 0.5])) // 5 * 5)
            elif change == "fewer":
                seats = max(5, seats - max(5, int(seats * 0.2) // 5 * 5))
            elif change == "upgrade":
                plan = "enterprise"
            elif change == "overdue":
                self.add(at(day, chance), "past_due", plan, interval, seats)
                day += timedelta(days=chance.between(3, 12))
                if day > LAST_DAY:
                    return
            elif change == "cancel":
                self.add(at(day, chance), "canceled", plan, interval, seats)
                if chance.yes(0.7):
                    return
                day += timedelta(days=chance.between(30, 80))  # won back
                if day > LAST_DAY:
                    return
            self.add(at(day, chance), "active", plan, interval, seats)

    def add(self, moment, status, plan, interval, seats):
        if moment.date() <= LAST_DAY:
            self.versions.append((moment, status, plan, interval, seats))

    def landed(self):
        for moment, status, plan, interval, seats in self.versions:
            yield moment + timedelta(minutes=17), {
                "id": self.id, "object": "subscription", "customer": self.customer, "status": status,
                "currency": "usd", "created": epoch(self.created), "updated": epoch(moment),
                "trial_end": epoch(self.trial_end), "canceled_at": epoch(moment) if status == "canceled" else None,
                "items": [{"price": {"id": f"price_{plan}_{interval}", "plan": plan, "interval": interval,
                                     "unit_amount": price_of(plan, interval, moment.date())}, "quantity": seats}],
                "metadata": {"account_sfid": self.company.sfid,
                             "server_id": self.server.server_id if self.server else None}}


class Commerce:
    def __init__(self, every_company, every_server, trials):
        chance = Chance("commerce")
        server_of = {server.company.number: server for server in every_server if server.company}
        self.subscriptions = [Subscription(company, server_of.get(company.number), chance)
                              for company in every_company if company.is_customer]
        self.accounts, self.contacts, self.leads, self.opportunities, self.lines = [], [], [], [], []
        self.customers, self.invoices, self.licences = [], [], []
        by_company = {subscription.company.number: subscription for subscription in self.subscriptions}
        for company in every_company:
            self.describe(company, by_company.get(company.number), server_of.get(company.number), chance)
        for subscription in self.subscriptions:
            self.charge(subscription, chance)
        self.prospect(trials, chance)

    def describe(self, company, subscription, server, chance):
        """The account as the CRM saw it over time, its people, and its deals."""
        base = {"sfid": company.sfid, "name": company.name, "website": f"https://{company.domain}",
                "phone": f"+1-555-01{chance.between(10, 99)}", "industry": company.industry,
                "billing_country_code": company.country, "number_of_employees": company.employees,
                "server_id": server.server_id if server else None}
        made = at(company.created, chance)
        self.accounts.append({**base, "type": "Prospect", "owner_name": company.owner, "created_date": made,
                              "is_deleted": False, "systemmodstamp": made})
        active = [v for v in subscription.versions if v[1] == "active"] if subscription else []
        if active:
            self.accounts.append({**base, "type": "Customer", "owner_name": company.owner, "created_date": made,
                                  "is_deleted": False, "systemmodstamp": active[0][0] + timedelta(hours=2)})
        if active and subscription.versions[-1][1] == "canceled":
            self.accounts.append({**base, "type": "Former Customer", "owner_name": company.owner, "created_date": made,
                                  "is_deleted": False, "systemmodstamp": subscription.versions[-1][0] + timedelta(hours=3)})
        elif active and chance.yes(0.25):
            owner = f"{chance.pick(GIVEN)} {chance.pick(FAMILY)}"
            moment = max(active[-1][0], midnight(date(2025, 1, 1))) + timedelta(days=chance.between(1, 60))
            if moment.date() <= LAST_DAY:
                self.accounts.append({**base, "type": "Customer", "owner_name": owner, "created_date": made,
                                      "is_deleted": False, "systemmodstamp": moment})
        for number in range(chance.between(1, 3)):
            given, family = chance.pick(GIVEN), chance.pick(FAMILY)
            self.contacts.append({
                "sfid": "003HL" + key("contact", company.number, number, length=13).upper(), "account_id": company.sfid,
                "first_name": given, "last_name": family, "email": f"{given}.{family}@{company.domain}".lower(),
                "phone": f"+1-555-01{chance.between(10, 99)}",
                "title": chance.pick(["CTO", "IT Manager", "Head of Operations", "Platform Engineer"]),
                "has_opted_out_of_email": chance.yes(0.2), "created_date": made, "is_deleted": False,
                "systemmodstamp": made + timedelta(days=chance.between(0, 30))})
        self.deal(company, subscription, made, chance)

    def deal(self, company, subscription, made, chance):
        deals, previous = [], None
        for version in subscription.versions if subscription else []:
            moment, status, plan, interval, seats = version
            if status == "active":
                kind = "New Business" if previous is None else "Expansion" if seats > previous else "Renewal"
                deals.append((kind, "Closed Won", moment, plan, interval, seats))
                previous = seats
            elif status == "canceled":
                deals.append(("New Business" if previous is None else "Renewal", "Closed Lost", moment, plan, interval, seats))
        if subscription and subscription.versions[-1][1] != "canceled" and chance.yes(0.6):
            close = midnight(LAST_DAY) + timedelta(days=chance.between(5, 120))
            deals.append((chance.pick(["Renewal", "Expansion"]), chance.pick(STAGES), close, *subscription.versions[-1][2:]))
        if not subscription and chance.yes(0.7):
            close = midnight(LAST_DAY) + timedelta(days=chance.between(5, 90))
            deals.append(("New Business", chance.pick(STAGES), close, "professional", "year", chance.between(2, 20) * 5))
        for number, (kind, stage, close, plan, interval, seats) in enumerate(deals):
            sfid = "006HL" + key("deal", company.number, number, length=13).upper()
            per_year = price_of(plan, interval, min(close.date(), LAST_DAY)) * (12 if interval == "month" else 1) // 100
            opened = max(made, close - timedelta(days=chance.between(20, 90)))
            touched = min(close, midnight(LAST_DAY) - timedelta(hours=chance.between(1, 200)))
            self.opportunities.append({
                "sfid": sfid, "account_id": company.sfid, "name": f"{company.name} - {kind}", "type": kind,
                "stage_name": stage, "amount": per_year * seats, "close_date": close.date(), "created_date": opened,
                "lead_source": chance.pick(["Web", "Event", "Partner", "Trial"]), "owner_name": company.owner,
                "is_deleted": chance.yes(0.02) and stage in STAGES, "systemmodstamp": touched})
            self.lines.append({
                "sfid": "00kHL" + key("line", company.number, number, length=13).upper(), "opportunity_id": sfid,
                "product_code": f"{plan}-{interval}", "quantity": seats, "unit_price": per_year, "total_price": per_year * seats,
                "start_date": close.date(), "end_date": close.date() + timedelta(days=365), "systemmodstamp": touched})
            if chance.yes(0.2):
                self.lines.append({
                    "sfid": "00kHL" + key("support", company.number, number, length=13).upper(), "opportunity_id": sfid,
                    "product_code": "premium-support", "quantity": 1, "unit_price": 5000, "total_price": 5000,
                    "start_date": close.date(), "end_date": close.date() + timedelta(days=365), "systemmodstamp": touched})
                self.opportunities[-1]["amount"] += 5000

    def charge(self, subscription, chance):
        company = subscription.company
        self.customers.append({
            "id": subscription.customer, "object": "customer", "created": epoch(subscription.created),
            "email": f"accounts@{company.domain}", "name": company.name, "delinquent": subscription.versions[-1][1] == "past_due",
            "address": {"country": company.country}, "metadata": {"account_sfid": company.sfid}})
        paid = [v for v in subscription.versions if v[1] in ("active", "past_due")]
        number = 0
        for moment, status, plan, interval, seats in paid:
            ends = next((v[0] for v in subscription.versions if v[0] > moment), midnight(LAST_DAY))
            step = timedelta(days=365 if interval == "year" else 30)
            start = max(moment, datetime(2024, 7, 1)) if interval == "month" else moment
            while start < ends and start.date() <= LAST_DAY:
                due = price_of(plan, interval, start.date()) * seats
                state = "open" if status == "past_due" and ends >= midnight(LAST_DAY) else "paid"
                self.invoices.append({
                    "id": "in_" + key("invoice", company.number, number), "object": "invoice",
                    "customer": subscription.customer, "subscription": subscription.id, "status": state,
                    "currency": "usd", "amount_due": due, "amount_paid": due if state == "paid" else 0,
                    "created": epoch(start), "due_date": epoch(start + timedelta(days=14)),
                    "period": {"start": epoch(start), "end": epoch(start + step)},
                    "metadata": {"account_sfid": company.sfid}})
                number, start = number + 1, start + step
        if subscription.server:
            for number, (moment, status, plan, _, seats) in enumerate(subscription.versions):
                if status in ("trialing", "active"):
                    self.licences.append({
                        "license_id": key("licence", company.number, number, length=16), "customer_id": subscription.customer,
                        "server_id": subscription.server.server_id, "sku": plan, "seats": seats, "is_trial": status == "trialing",
                        "issued_at": moment.isoformat(timespec="seconds"),
                        "starts_on": moment.date().isoformat(),
                        "expires_on": (moment.date() + timedelta(days=30 if status == "trialing" else 365)).isoformat(),
                        "contact": {"name": f"{chance.pick(GIVEN)} {chance.pick(FAMILY)}", "email": f"it@{company.domain}"}})

    def prospect(self, trials, chance):
        """Everyone who asked for a trial becomes a lead, and so do some who only filled in a form."""
        for number, (person, moment) in enumerate(trials):
            company = person.server.company
            self.leads.append({
                "sfid": "00QHL" + key("lead", number, length=13).upper(), "first_name": person.given,
                "last_name": person.family, "email": person.email.upper() if chance.yes(0.1) else person.email,
                "company": company.name if company else "Independent",
                "status": "Converted" if company and chance.yes(0.5) else chance.pick(["New", "Working", "Disqualified"]),
                "lead_source": "Trial", "converted_account_id": None, "created_date": moment + timedelta(minutes=4),
                "is_deleted": False, "systemmodstamp": moment + timedelta(days=chance.between(0, 20))})
            if self.leads[-1]["status"] == "Converted":
                self.leads[-1]["converted_account_id"] = company.sfid
        for number in range(60):
            given, family = chance.pick(GIVEN), chance.pick(FAMILY)
            moment = at(date(2025, 2, 3) + timedelta(days=chance.between(0, 140)), chance)
            self.leads.append({
                "sfid": "00QHL" + key("cold-lead", number, length=13).upper(), "first_name": given, "last_name": family,
                "email": f"{given}.{family}@{chance.pick(['mail.example', 'throwaway.example', 'inbox.example'])}".lower(),
                "company": "Unknown", "status": chance.pick(["New", "Working", "Disqualified"]),
                "lead_source": chance.pick(["Web", "Event", "Webinar"]), "converted_account_id": None,
                "created_date": moment, "is_deleted": chance.yes(0.05), "systemmodstamp": moment + timedelta(hours=chance.between(0, 99))})
