"""What is asked and published around the product: tickets, issues, forms, site statistics, downloads."""

from datetime import date, datetime, timedelta

from .chance import Chance, key
from .world import DAYS, FIRST_DAY, LAST_DAY, RELEASES, at

AREAS = ["messaging", "calls", "boards", "playbooks", "mobile", "admin-console", "authentication", "search"]
SUBJECTS = ["Cannot sign in after upgrade", "Push notifications delayed", "Call drops after a minute", "Search misses old posts",
            "Question about our invoice", "How do we export channels?", "Board cards out of order", "Bridge to mail fails"]
FORMS = {"demo-request": 4, "newsletter": 9, "webinar": 4, "whitepaper": 3}
CHANNELS = {"Organic Search": 90, "Paid Search": 35, "Email": 20, "Referral": 25, "Direct": 60}
RANK = ["urgent", "high", "normal", "low"]


def batched(moment):
    """When the loader's next half-hourly batch picked the row up."""
    return moment.replace(minute=0, second=0, microsecond=0) + timedelta(minutes=30 * (1 + moment.minute // 30))


class Support:
    def __init__(self, everyone):
        self.tickets, self.users, self.issues, self.forms, self.sessions, self.downloads = [], [], [], [], [], []
        self.help(everyone)
        self.track_issues()
        self.fill_forms(everyone)
        self.count_site()

    def help(self, everyone):
        chance, seen = Chance("tickets"), set()
        for number in range(260):
            person = chance.pick(everyone)
            opened = at(FIRST_DAY + timedelta(days=chance.between(0, DAYS - 2)), chance)
            if opened.date() < person.joined:
                continue
            requester = 70_000 + everyone.index(person)
            if requester not in seen:
                seen.add(requester)
                company = person.server.company
                self.users.append({"id": requester, "name": f"{person.given} {person.family}", "email": person.email,
                                   "organization": company.name if company else None, "account_sfid": company.sfid if company else None,
                                   "created_at": opened, "_sdc_batched_at": batched(opened), "_sdc_sequence": int((opened - datetime(1970, 1, 1)).total_seconds())})
            priority = chance.weighted({"urgent": 1, "high": 3, "normal": 8, "low": 4})
            reply_hours = {"urgent": 2, "high": 8, "normal": 30, "low": 60}[priority] * (0.1 + 1.1 * chance.unit() ** 1.5)
            replied = opened + timedelta(hours=reply_hours)
            solved = replied + timedelta(hours=chance.between(1, 200))
            base = {"id": 4000 + number, "subject": chance.pick(SUBJECTS), "priority": priority, "requester_id": requester,
                    "tags": sorted(chance.sample(AREAS, chance.between(1, 2))), "created_at": opened}
            rating = chance.weighted({"good": 5, "bad": 1, None: 4})
            for state, moment, first, done, score in (("new", opened, None, None, None), ("open", replied, replied, None, None),
                                                      ("solved", solved, replied, solved, rating)):
                if moment < datetime(2025, 7, 1):
                    self.tickets.append({**base, "status": state, "first_replied_at": first, "solved_at": done,
                                         "satisfaction": score, "updated_at": moment, "_sdc_batched_at": batched(moment),
                                         "_sdc_sequence": int((moment - datetime(1970, 1, 1)).total_seconds() * 1000)})

    def track_issues(self):
        chance = Chance("issues")
        for number in range(180):
            opened = at(FIRST_DAY + timedelta(days=chance.between(0, DAYS - 1)), chance)
            kind = chance.weighted({"Bug": 6, "Story": 3, "Task": 2})
            coming = [release for release in RELEASES if release[1] > opened.date()]
            fix = chance.pick(coming[:2]) if coming and chance.yes(0.75) else None
            resolved = at(min(fix[1] - timedelta(days=1), opened.date() + timedelta(days=chance.between(1, 40))), chance, 19, 20) if fix else None
            resolved = max(resolved, opened + timedelta(hours=1)) if resolved else None
            touched = resolved or opened
            self.issues.append({
                "key": f"HL-{1000 + number}", "summary": f"{kind} in {chance.pick(AREAS)}", "issue_type": kind,
                "status": "Done" if resolved else chance.pick(["Open", "In Progress"]), "priority": chance.pick(RANK),
                "labels": sorted(chance.sample(AREAS + ["regression", "customer-reported"], chance.between(0, 3))),
                "fix_version": fix[0] if fix else None, "created_at": opened, "resolved_at": resolved,
                "_sdc_batched_at": batched(touched), "_sdc_sequence": number})

    def fill_forms(self, everyone):
        chance = Chance("forms")
        for number in range(320):
            moment = at(FIRST_DAY + timedelta(days=chance.between(0, DAYS - 1)), chance, 0, 23)
            person = chance.pick(everyone) if chance.yes(0.4) else None
            email = person.email if person else f"reader{number}@{chance.pick(['mail.example', 'throwaway.example', 'inbox.example'])}"
            self.forms.append({
                "id": 90_000 + number, "form_name": chance.weighted(FORMS), "email": email,
                "full_name": f"{person.given} {person.family}" if person else "", "consent": chance.weighted({"yes": 6, "no": 3, "": 1}),
                "utm_source": chance.pick(["google", "newsletter", "forum.example", ""]),
                "utm_campaign": chance.pick(["spring-launch", "release-9-6", ""]), "submitted_at": moment,
                "_sdc_batched_at": batched(moment), "_sdc_sequence": number})

    def count_site(self):
        chance = Chance("site")
        for offset in range(DAYS):
            day = FIRST_DAY + timedelta(days=offset)
            for channel, level in CHANNELS.items():
                sessions = int(level * (0.7 + 0.6 * chance.unit()) * (0.4 if day.weekday() >= 5 else 1))
                self.sessions.append({"date": day, "channel_grouping": channel, "sessions": sessions,
                                      "users": int(sessions * 0.8), "bounces": int(sessions * (0.3 + 0.3 * chance.unit())),
                                      "_sdc_batched_at": datetime(day.year, day.month, day.day) + timedelta(days=1, hours=3),
                                      "_sdc_sequence": offset})
            for platform in ("linux-amd64", "linux-arm64", "docker", "windows"):
                current = [release for release in RELEASES if release[1] <= day][-1]
                fresh = max(0, 14 - (day - current[1]).days)
                self.downloads.append({"date": day, "version": f"{current[0]}.0", "platform": platform, "edition": "team" if offset % 2 else "enterprise",
                                       "country_code": chance.pick(["US", "DE", "GB", "FR", "JP"]), "downloads": chance.poisson(4 + fresh)})
