"""Who exists: companies, their servers, and the people who chat on them."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from .chance import Chance, key

FIRST_DAY = date(2025, 2, 3)
LAST_DAY = date(2025, 6, 30)
DAYS = (LAST_DAY - FIRST_DAY).days + 1

FOUNDERS = """Alder Birch Calder Dunmore Eastwell Farrow Garnet Hollis Ironbridge Juniper Kestrel Larkin
Marlow Norcrest Oakhurst Pemberly Quillon Ravenna Saltmarsh Thistle Umber Vantage Westering Yarrow""".split()
TRADES = {
    "Logistics": "Transportation", "Robotics": "Manufacturing", "Health": "Healthcare", "Bank": "Financial Services",
    "Energy": "Utilities", "Games": "Media", "Labs": "Research", "Aerospace": "Defence", "University": "Education",
    "Cloud": "Technology",
}
GIVEN = """Ada Bruno Carla Dmitri Elif Farid Greta Hana Ivo Jonas Kaya Lena Milo Nadia Oskar Petra Quinn Rosa
Sven Tariq Una Viktor Wren Xenia Yusuf Zora""".split()
FAMILY = """Abbott Brandt Castellan Dvorak Eriksen Fontaine Grover Hadley Ishida Jansen Kovac Lindqvist Moreau
Nakata Okafor Paredes Quist Rahman Soler Tamm Ueda Varga Whitlock Yilmaz Zeller""".split()
COUNTRIES = {"US": 14, "DE": 8, "GB": 6, "FR": 5, "CA": 4, "JP": 3, "AU": 3, "NL": 3, "IN": 3, "BR": 2}
LOCALES = {"US": "en-US", "DE": "de-DE", "GB": "en-GB", "FR": "fr-FR", "CA": "en-CA",
           "JP": "ja-JP", "AU": "en-AU", "NL": "nl-NL", "IN": "en-IN", "BR": "pt-BR"}
RELEASES = [("9.4", date(2025, 1, 16), False), ("9.5", date(2025, 2, 14), True), ("9.6", date(2025, 3, 14), False),
            ("9.7", date(2025, 4, 16), False), ("9.8", date(2025, 5, 16), False), ("9.9", date(2025, 6, 16), False)]


@dataclass
class Company:
    number: int
    name: str
    domain: str
    industry: str
    country: str
    employees: int
    created: date
    sfid: str
    owner: str
    is_customer: bool


@dataclass
class Server:
    server_id: str
    company: Company | None
    installed: date
    retired: date | None
    upgrade_lag: int
    edition: str
    people: list = field(default_factory=list)

    def alive(self, day):
        return self.installed <= day and (self.retired is None or day < self.retired)

    def version(self, day):
        current = "9.3.0"
        for number, released, _ in RELEASES:
            if day >= released + timedelta(days=self.upgrade_lag):
                current = f"{number}.0"
        return current


@dataclass
class Person:
    user_id: str
    given: str
    family: str
    email: str
    server: Server
    joined: date
    left: date | None
    habit: float
    web_device: str
    phone: str | None
    address: str
    locale: str
    role: str


def at(day, chance, first_hour=7, last_hour=19):
    """A moment in the working hours of `day`."""
    return datetime(day.year, day.month, day.day) + timedelta(
        milliseconds=chance.between(first_hour * 3_600_000, last_hour * 3_600_000))


def companies(count=64):
    chance = Chance("companies")
    trades, taken, result = list(TRADES), set(), []
    while len(result) < count:
        name = f"{chance.pick(FOUNDERS)} {chance.pick(trades)}"
        if name in taken:
            continue
        taken.add(name)
        number = len(result)
        result.append(Company(
            number=number, name=name, domain=name.lower().replace(" ", "-") + ".example",
            industry=TRADES[name.split()[1]], country=chance.weighted(COUNTRIES),
            employees=chance.pick([25, 40, 80, 150, 400, 900, 2500, 8000]),
            created=date(2023, 7, 1) + timedelta(days=chance.between(0, 640)),
            sfid="001HL" + key("account", number, length=13).upper(),
            owner=f"{chance.pick(GIVEN)} {chance.pick(FAMILY)}", is_customer=number < 48))
    return result


def servers(every_company):
    """One server a customer, a few trials and community ones, and two of our own for tests."""
    chance, result = Chance("servers"), []

    def install(company, label, edition):
        installed = max(FIRST_DAY - timedelta(days=30), company.created if company else FIRST_DAY)
        installed += timedelta(days=chance.weighted({0: 16, 30: 4, 60: 4, 90: 3}))
        installed = min(installed, LAST_DAY - timedelta(days=20))
        retired = installed + timedelta(days=chance.between(35, 130)) if chance.yes(0.12) else None
        result.append(Server(
            server_id=key("server", label, length=16), company=company, installed=installed,
            retired=retired if retired and retired <= LAST_DAY else None,
            upgrade_lag=chance.weighted({2: 5, 9: 4, 25: 3, 70: 1}), edition=edition))

    for company in every_company[:44]:
        install(company, company.number, "enterprise" if company.employees >= 900 else "professional")
    for number in range(8):
        install(None, f"community-{number}", "community")
    for number in range(2):
        install(None, f"internal-{number}", "enterprise")
    return result


def people(every_server):
    chance, result = Chance("people"), []
    for server in every_server:
        for _ in range(chance.between(3, 7)):
            given, family, number = chance.pick(GIVEN), chance.pick(FAMILY), len(result)
            domain = server.company.domain if server.company else "mail.example"
            start = max(server.installed, FIRST_DAY)
            room = max((LAST_DAY - start).days - 14, 0)
            joined = start + timedelta(days=int(chance.unit() ** 1.3 * room))
            left, day = None, joined + timedelta(days=7)
            while day < LAST_DAY:
                if chance.yes(0.045):
                    left = day
                    break
                day += timedelta(days=7)
            person = Person(
                user_id=key("user", number, length=16), given=given, family=family,
                email=f"{given}.{family}{number}@{domain}".lower(), server=server, joined=joined, left=left,
                habit=chance.pick([0.06, 0.12, 0.22, 0.35, 0.5]), web_device="web-" + key("web", number, length=12),
                phone="ios-" + key("phone", number, length=12) if chance.yes(0.4) else None,
                address=f"203.0.113.{chance.between(1, 254)}",
                locale=LOCALES[server.company.country] if server.company else "en-US",
                role="admin" if not server.people else chance.weighted({"member": 8, "guest": 1}))
            server.people.append(person)
            result.append(person)
    return result
