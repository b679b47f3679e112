"""What people and servers do: the three event streams, page views, identifies and daily diagnostics."""

from datetime import date, datetime, timedelta

from .chance import Chance, key
from .world import DAYS, FIRST_DAY, LAST_DAY, at

FEATURES = {"message_posted": 40, "reaction_added": 12, "thread_replied": 12, "channel_joined": 6, "file_shared": 7,
            "search_performed": 6, "call_started": 4, "board_opened": 4, "playbook_run_started": 3,
            "slash_command_used": 3, "settings_changed": 2, "beta_canvas_opened": 0.5}
BROWSERS = ["Firefox/126.0 (Windows NT 10.0)", "Safari/17.4 (Macintosh)",
            "Chrome/124.0 (X11; Linux x86_64)", "HarborlineDesktop/5.8 (Windows NT 10.0)"]
PHONES = ["HarborlineMobile/2.16 (iOS 17.4)", "HarborlineMobile/2.15 (Android 14)"]
# name: (first day, last day of enrolment, share in treatment, conversion of control, of treatment)
EXPERIMENTS = {"onboarding_checklist": (date(2025, 3, 3), date(2025, 5, 30), 0.5, 0.16, 0.38),
               "compact_sidebar": (date(2025, 4, 7), date(2025, 6, 6), 0.5, 0.22, 0.28)}
CAMPAIGNS = [("google", "cpc", "spring-launch"), ("newsletter", "email", "release-9-6"),
             ("forum.example", "referral", None), ("google", "organic", None), (None, None, None)]


def stamp(moment):
    return moment.isoformat(timespec="milliseconds") + "Z"


class Stream:
    """One SDK's event file: gives each event its arrival, lateness, repeats and damage."""

    def __init__(self, name):
        self.name, self.chance, self.rows, self.count = name, Chance(f"stream/{name}"), [], 0

    def emit(self, moment, body):
        self.count += 1
        arrival = moment + timedelta(milliseconds=self.chance.between(200, 9_000))
        if self.chance.yes(0.02):
            arrival += timedelta(minutes=self.chance.between(120, 71 * 60))
        row = {"id": key(self.name, self.count), **body, "original_timestamp": stamp(moment),
               "received_at": stamp(arrival)}
        if self.chance.yes(0.004):
            row["original_timestamp"] = stamp(moment.replace(year=2031))  # a device whose clock is wrong
        self.rows.append((arrival, row))
        if self.chance.yes(0.01):
            again = arrival + timedelta(seconds=self.chance.between(2, 90_000))
            self.rows.append((again, {**row, "received_at": stamp(again)}))

    def landed(self):
        """The rows in the order they arrived; some lines are broken, as lines are."""
        lines = [row for _, row in sorted(self.rows, key=lambda pair: (pair[0], pair[1]["id"]))]
        for place in range(97, len(lines), 431):
            flaw = (place // 431) % 3
            if flaw == 0:
                lines[place] = {**lines[place], "event": ""} if "event" in lines[place] else lines[place]
            elif flaw == 1:
                lines[place] = {**lines[place], "received_at": "not-a-time"}
            else:
                lines[place] = '{"id":"' + lines[place]["id"] + '","anonymous_id":"web-'
        return lines


class Product:
    """All activity on all servers, from the first day to the last."""

    def __init__(self, every_server, everyone):
        self.web = Stream("web")
        self.mobile = Stream("mobile")
        self.server = Stream("server")
        self.pages = Stream("pages")
        self.web_identifies = Stream("web-identifies")
        self.mobile_identifies = Stream("mobile-identifies")
        self.diagnostics = []
        self.trials = []
        for person in everyone:
            self.live(person)
        for server in every_server:
            self.operate(server)
        self.wander()

    def track(self, person, chance, moment, event, on_phone=False, **properties):
        if moment >= datetime(2025, 7, 1):
            return
        properties = {"server_id": person.server.server_id, **properties}
        body = {"anonymous_id": person.phone if on_phone else person.web_device, "user_id": person.user_id,
                "event": event, "context_ip": person.address,
                "context_user_agent": PHONES[len(person.family) % 2] if on_phone
                else BROWSERS[(len(person.family) + len(person.given)) % 4], "properties": properties}
        if on_phone:
            body["event"] = event.replace("_", " ").title()  # the mobile team names events its own way
            if chance.yes(0.15):
                body["user_id"] = None  # sent before the session was restored
        (self.mobile if on_phone else self.web).emit(moment, body)

    def identify(self, person, chance):
        moment = at(person.joined, chance, 6, 7)
        traits = {"email": person.email, "name": f"{person.given} {person.family}", "role": person.role,
                  "server_id": person.server.server_id}
        base = {"user_id": person.user_id, "context_ip": person.address, "context_locale": person.locale}
        self.web_identifies.emit(moment, {"anonymous_id": person.web_device, **base, "traits": traits})
        if person.phone:
            later = moment + timedelta(minutes=chance.between(5, 300))
            self.mobile_identifies.emit(later, {"anonymous_id": person.phone, **base, "traits": traits})
        if chance.yes(0.04):  # a shared browser: a colleague signs in as well, later
            peer = chance.pick(person.server.people)
            self.web_identifies.emit(moment + timedelta(days=2), {
                "anonymous_id": person.web_device, **base, "user_id": peer.user_id,
                "traits": {**traits, "email": peer.email, "name": f"{peer.given} {peer.family}"}})

    def live(self, person):
        chance = Chance(f"life/{person.user_id}")
        self.visit_before_signup(person, chance)
        self.identify(person, chance)
        self.track(person, chance, at(person.joined, chance, 7, 8), "signup_completed", role=person.role)
        if person.role == "admin" and chance.yes(0.55):
            moment = at(person.joined + timedelta(days=chance.between(1, 9)), chance)
            self.track(person, chance, moment, "trial_requested", plan="enterprise", seats=chance.pick([10, 25, 50, 100]))
            self.trials.append((person, moment))
        last = min(person.left or LAST_DAY, LAST_DAY)
        if person.server.retired:
            last = min(last, person.server.retired)
        enrolled, day = set(), person.joined
        while day <= last:
            presence = person.habit * (0.2 if day.weekday() >= 5 else 1.0)
            if day == person.joined or chance.yes(presence):
                self.enrol(person, chance, day, last, enrolled)
                for _ in range(1 + chance.poisson(0.55)):
                    on_phone = person.phone is not None and chance.yes(0.6)
                    event = chance.weighted(FEATURES)
                    extra = {"channel_type": chance.pick(["public", "private", "direct"])} \
                        if event in ("message_posted", "thread_replied") else {}
                    self.track(person, chance, at(day, chance, 8 if day == person.joined else 7), event, on_phone, **extra)
            day += timedelta(days=1)

    def enrol(self, person, chance, day, last, enrolled):
        for name, (first, final, share, control, treatment) in EXPERIMENTS.items():
            if name in enrolled or not first <= day <= final:
                continue
            enrolled.add(name)
            treated = chance.yes(share)
            seen = at(day, chance, 7, 9)
            self.track(person, chance, seen, "experiment_viewed", experiment=name,
                       variant="treatment" if treated else "control")
            if chance.yes(0.03):  # cleared cookies: assigned anew, to the other side
                self.track(person, chance, seen + timedelta(days=1), "experiment_viewed", experiment=name,
                           variant="control" if treated else "treatment")
            if chance.yes(treatment if treated else control):
                goal = "invite_sent" if name == "onboarding_checklist" else "theme_saved"
                when = at(min(day + timedelta(days=chance.between(0, 12)), last), chance, 10, 19)
                self.track(person, chance, when, goal, experiment=name)

    def visit_before_signup(self, person, chance):
        for back in range(chance.poisson(1.1)):
            day = person.joined - timedelta(days=1 + back * chance.between(1, 5))
            if day >= FIRST_DAY:
                self.browse(chance, at(day, chance), person.web_device, person.address, None)
        if chance.yes(0.8):
            self.browse(chance, at(person.joined, chance, 5, 6), person.web_device, person.address, None, "/signup")

    def browse(self, chance, moment, visitor, address, user_id, goal=None):
        source, medium, campaign = chance.pick(CAMPAIGNS)
        trail = ["/", *chance.sample(["/pricing", "/docs", "/download", "/security", "/blog/release", "/customers"],
                                     chance.between(0, 3))]
        for place, path in enumerate(trail + ([goal] if goal else [])):
            body = {"anonymous_id": visitor, "user_id": user_id, "path": path, "context_ip": address}
            if place == 0:
                body["referrer"] = f"https://{source}/" if source and "." in source else None
                body.update({"utm_source": source, "utm_medium": medium, "utm_campaign": campaign})
            if moment < datetime(2025, 7, 1):
                self.pages.emit(moment, body)
            moment += timedelta(seconds=chance.between(8, 400))
            if chance.yes(0.03):
                moment += timedelta(minutes=chance.between(31, 90))  # back after lunch: a new session

    def wander(self):
        """Visitors of the web site who never sign up."""
        chance = Chance("wander")
        for number in range(340):
            visitor, address = "web-" + key("visitor", number, length=12), f"198.51.100.{chance.between(1, 254)}"
            for _ in range(1 + chance.poisson(0.3)):
                day = FIRST_DAY + timedelta(days=chance.between(0, DAYS - 1))
                self.browse(chance, at(day, chance, 0, 23), visitor, address, None)

    def operate(self, server):
        chance, day, version = Chance(f"operate/{server.server_id}"), max(server.installed, FIRST_DAY), None
        while day <= LAST_DAY and server.alive(day):
            now = server.version(day)
            base = {"user_id": None}
            if version is None and server.installed >= FIRST_DAY:
                self.server.emit(at(day, chance, 0, 1), {**base, "event": "server_installed", "properties": {
                    "server_id": server.server_id, "version": now, "edition": server.edition}})
            elif version is not None and now != version:
                self.server.emit(at(day, chance, 1, 2), {**base, "event": "server_upgraded", "properties": {
                    "server_id": server.server_id, "from_version": version, "version": now}})
            version = now
            if day.weekday() == 0:
                self.server.emit(at(day, chance, 2, 3), {**base, "event": "server_heartbeat", "properties": {
                    "server_id": server.server_id, "version": version, "edition": server.edition}})
            if chance.yes(0.015):
                self.server.emit(at(day, chance, 8, 18), {**base, "event": "plugin_enabled", "properties": {
                    "server_id": server.server_id, "plugin": chance.pick(["calls", "boards", "playbooks", "jira", "github"])}})
            registered = sum(person.joined <= day for person in server.people)
            if not chance.yes(0.03):  # a missing report now and then
                self.diagnostics.append((
                    server.server_id, day, version, server.edition, registered, chance.between(0, registered),
                    chance.poisson(6 * registered), round(40 + 30 * chance.unit(), 1),
                    chance.pick(["postgres", "postgres", "mysql"]), at(day + timedelta(days=1), chance, 0, 1)))
            day += timedelta(days=1)
