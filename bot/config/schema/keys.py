"""Every key of the rule file in one table: what it says, what may stand behind it, examples.

Editors show these sentences on hover, docs/rules.md and docs/configuration.md print them; the reader of the file has
the same keys (a test compares).
"""

from __future__ import annotations

from bot.config.schema.shapes import (
    Choice,
    Defined,
    Either,
    Group,
    Key,
    ListOf,
    Named,
    Number,
    Secret,
    Text,
    one_or_more,
)

_SWITCH = Choice(("yes", "no", True, False))
_DURATION = Text(r" *[0-9]{1,6}(?:\.[0-9]{1,3})? *(?:s|min|h|days?) *")
_URL = Text(r"https?://\S+")
_MAIL = Text(r"[^\s@<>]+@[^\s@<>]+")
_ID = Text(r"(?:urn:li:\w+:)?[0-9]{1,25}", takes_numbers=True)
_DATES = Text(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?: +to +[0-9]{4}-[0-9]{2}-[0-9]{2})?")
_CLOCK = Text(r"[0-9]{1,2}:[0-9]{2}")
_DAY = (
    "(?:[Mm]on(?:day)?|[Tt]ue(?:s|sday)?|[Ww]ed(?:s|nesday)?|[Tt]hu(?:r|rs|rsday)?|[Ff]ri(?:day)?|[Ss]at(?:urday)?|"
    "[Ss]un(?:day)?)"
)
_DAYS = f"{_DAY}(?: *(?:-|–|to) *{_DAY})?"
_WEEKDAYS = f"{_DAYS}(?: *, *{_DAYS})*"
_SPAN = r"[0-9]{1,2}(?::[0-9]{2})? *(?:-|–|to) *[0-9]{1,2}(?::[0-9]{2})?"
_VALUE = Text(takes_numbers=True)
_ANSWER = Defined("answer", one_or_more(_VALUE))
_WANTED = Defined(
    "wanted", Either((_VALUE, ListOf(_VALUE, at_least=1), Group({"not": Key("None of these.", _ANSWER)})))
)
#: Shapes that stand in the document once.
DEFINED = (_ANSWER, _WANTED)

#: What a rule may ask of a lead without `fields:`, each with the sentence that an editor shows.
FACTS = {
    "form": "The lead form: a nickname under names, its id, its URN, or LinkedIn's title of it.",
    "campaign": "The campaign: a nickname under names, its id, its URN, or LinkedIn's title of it.",
    "event": "The event that the form belongs to: its id or LinkedIn's title of it.",
    "source": "A name under sources: which of your ad accounts or pages the lead came from.",
    "lead_type": "LinkedIn's word for where the form stood: SPONSORED, EVENT, COMPANY or ORGANIZATION_PRODUCT.",
    "test": "Whether LinkedIn marks the lead as a test: yes or no.",
    "submitted": "When the form was sent, in the file's time zone: a weekday (monday, sat), or in hours NAME.",
    "first_name": "The first name.",
    "last_name": "The last name.",
    "email": "The e-mail address of their LinkedIn account.",
    "work_email": "The e-mail address at work.",
    "email_domain": "What stands behind the @ of both addresses, without www. and case: acme.com.",
    "phone": "The telephone number.",
    "work_phone": "The telephone number at work.",
    "company": "The name of the company.",
    "company_size": "How many people work there; a band such as 201-500 counts as its lower end.",
    "industry": "The industry.",
    "job_title": "The job title.",
    "job_function": "The department, in LinkedIn's words.",
    "seniority": "The level, in LinkedIn's words.",
    "country": "The country, by its two-letter code or its name: DE, Germany and Deutschland are the same.",
    "city": "The city.",
    "state": "The state or province.",
    "postal_code": "The postal code.",
    "linkedin_url": "The address of their LinkedIn profile.",
    "gender": "The gender.",
    "degree": "The degree.",
    "school": "The school.",
    "field_of_study": "What they study or studied.",
    "start_date": "When they began to study.",
    "graduation_date": "When they finish or finished.",
}

_WHEN = Group({name: Key(says, _WANTED) for name, says in FACTS.items()}, others=_WANTED)
_LEAD = Group({name: Key(says, _ANSWER) for name, says in FACTS.items()}, others=_ANSWER)


_SOURCE = Group(
    {
        "owner": Key(
            "`sponsoredAccount:ID` for ads, `organization:ID` for everything else.",
            Text(r"(?:urn:li:)?(?:sponsoredAccount|organization):[0-9]{1,25}"),
            ("sponsoredAccount:507857085", "organization:12345678"),
            is_required=True,
        ),
        "lead_types": Key(
            "Which leads of this owner: `SPONSORED` (ad accounts only), `EVENT`, `COMPANY`, `ORGANIZATION_PRODUCT`.",
            one_or_more(Choice(("SPONSORED", "EVENT", "COMPANY", "ORGANIZATION_PRODUCT"))),
            is_required=True,
        ),
    }
)

_HOURS = Group(
    {
        "timezone": Key("Where these hours are kept. Default: the file's `timezone`.", Text(), ("America/New_York",)),
        "closed": Key(
            "Days on which nobody works: a date, `2026-12-24 to 2027-01-01` (both ends belong to it), or a list.",
            one_or_more(_DATES),
            ("2026-12-24 to 2027-01-01",),
        ),
        "holidays": Key(
            "Whose public holidays are closed too: a country, or a part of it such as `DE-BY` or `US-CA`, or a list.",
            one_or_more(Text("[A-Z]{2}(?:-.+)?")),
            ("DE", "DE-BY", "US"),
        ),
    },
    patterned={
        "mon-fri": (
            _WEEKDAYS,
            Key(
                "From when to when on these weekdays (`mon`, `mon-fri`, `sat`), or a list of several spans. A weekday "
                "that is not named is closed.",
                one_or_more(Text(f"{_SPAN}(?: *, *{_SPAN})*|closed")),
                ("09:00-18:00",),
            ),
        )
    },
)

_PERSON = Group(
    {
        "slack": Key(
            "Their Slack member id (`U…`), or the e-mail address they use in Slack.",
            Text(r"[UW][A-Z0-9]{2,}|[^\s@<>]+@[^\s@<>]+"),
            ("anna@example.com", "U0ANNA"),
        ),
        "email": Key("Where mail to them goes.", _MAIL, ("anna@example.com",)),
        "hours": Key("When they work: a name under `hours`. Left out: always.", Text(), ("berlin",)),
        "away": Key(
            "Whole days on which they get no turn: a date, `2026-12-21 to 2027-01-04`, or a list.",
            one_or_more(_DATES),
            ("2026-12-21 to 2027-01-04",),
        ),
    }
)

_TEAM = Group(
    {
        "pick": Key(
            "`take turns` assigns a lead to the next member at once; `first to claim` leaves it to whoever presses "
            "Claim first.",
            Choice(("take turns", "first to claim")),
            is_required=True,
        ),
        "members": Key(
            "The people of the team: a list, or each with a weight. `{anna: 2, ben: 1}` gives anna two leads for each "
            "one of ben's.",
            Either((ListOf(Text(), at_least=1), Named(Number()))),
            (["anna", "ben"], {"anna": 2, "ben": 1}),
            is_required=True,
        ),
        "open_leads_limit": Key(
            "Whoever owns so many leads that nobody has contacted yet is skipped. Test leads do not count.",
            Number(),
            (15,),
        ),
        "manager": Key("Whom `tell manager` tells. Left out: everybody under `slack.managers`.", Text(), ("dora",)),
        "if_nobody_is_free": Key(
            "Who gets the lead when every member is away, closed or full: a person (even when away), another team, or "
            "`wait for opening hours`. Left out: it waits.",
            Text(),
            ("wait for opening hours", "dora"),
        ),
    }
)

_STEP = Group(
    {
        "after": Key(
            "How long after the decision, counted while the owner's hours (else the team's) are open.",
            _DURATION,
            ("5 min", "4 h", "2 days"),
            is_required=True,
        ),
        "do": Key(
            "`remind owner`, `offer to team` (now any member may claim it), `tell manager`, or `give back to rotation` "
            "(the next member gets it).",
            Choice(("remind owner", "offer to team", "tell manager", "give back to rotation")),
            is_required=True,
        ),
        "by": Key(
            "How the owner or the manager is told: `slack`, `email` or both. Default `slack`, where the file has it.",
            one_or_more(Choice(("slack", "email"))),
        ),
        "any_time": Key("`yes`: the clock of this step runs day and night. Default `no`.", _SWITCH),
    }
)

_FOLLOW_UP = Group(
    {
        "remind_after": Key("The owner is reminded after so much open time. Left out: never.", _DURATION, ("4 h",)),
        "give_back_after": Key(
            "The lead is taken back and goes on to the next after so much open time. Left out: never.",
            _DURATION,
            ("2 days",),
        ),
    }
)

_RULE = Group(
    {
        "name": Key(
            "What the rule is called, once in the file. Each decision names its rule.", Text(), is_required=True
        ),
        "when": Key(
            "The conditions, `fact: wanted`. All lines must fit; a list inside a line means any of these. Without it "
            "the rule fits every lead.",
            _WHEN,
        ),
        "match": Key("`all` lines of `when` must fit (the default), or `any` one is enough.", Choice(("all", "any"))),
        "active": Key(
            "Only for leads submitted on these days, both ends included, in the file's time zone.",
            _DATES,
            ("2026-11-01 to 2026-12-31",),
        ),
        "post": Key(
            "Where the card is posted: a channel (in quotes), a person (a direct message), a list of them, or "
            "`nobody`.",
            one_or_more(Text()),
            ("#leads-dach", "anna", "nobody"),
        ),
        "owner": Key(
            "Who gets the lead: a person, a team, or `nobody`. Left out: nobody until somebody presses Claim.",
            Text(),
            ("anna", "dach", "nobody"),
        ),
        "escalate": Key("What happens when nobody acts: a name under `escalations`.", Text(), ("hot",)),
        "email": Key(
            "Who is mailed: `owner`, a person, a team, an address, or a list of them.",
            one_or_more(Text()),
            ("owner", "leads@example.com"),
        ),
        "template": Key("How the alert looks: a name under `templates`. Default `default`.", Text(), ("hot_lead",)),
        "digest": Key("The list that the lead goes into: a name under `digests`.", Text(), ("weekly-rest",)),
    }
)

_TEST_LEADS = Group(
    {
        "post": Key("Where they are posted; written as in a rule.", one_or_more(Text()), ("#leads-test",)),
        "owner": Key("Who gets them; written as in a rule.", Text(), ("nobody",)),
        "sync": Key("`nowhere`. Other systems come with a later version.", Choice(("nowhere",))),
        "count_in_reports": Key("Whether reports count them. Default `no`.", _SWITCH),
    }
)

_REPEAT_LEADS = Group(
    {
        "same_if": Key(
            "What shows that it is the same person: `email`, `linkedin_member`, or both in a list (either is enough).",
            one_or_more(Choice(("email", "linkedin_member"))),
            is_required=True,
        ),
        "within": Key("How long the earlier lead is remembered for this.", _DURATION, ("90 days",), is_required=True),
        "do": Key(
            "`same owner and same thread`: the earlier owner gets it, under the earlier card.",
            Choice(("same owner and same thread",)),
        ),
    }
)

_DIGEST = Group(
    {
        "at": Key("The hour, in the file's time zone.", _CLOCK, ("08:45",), is_required=True),
        "days": Key(
            "The weekdays: `mon`, `mon-fri`, or a list. Left out: every day.",
            one_or_more(Text(_WEEKDAYS)),
            ("mon-fri", "mon"),
        ),
        "post": Key("Where the list is posted: channels and people.", one_or_more(Text()), is_required=True),
    }
)

_EXPECT = Group(
    {
        "rule": Key("The rule that takes it.", Text()),
        "owner": Key("The rule's `owner`: a person, a team or `nobody`.", Text()),
        "post": Key("Everywhere it is posted, or `nobody`.", one_or_more(Text())),
        "email": Key("Everybody who is mailed, or `nobody`.", one_or_more(Text())),
        "template": Key("The rule's `template`.", Text()),
        "escalate": Key("The rule's `escalate`, or `nobody`.", Text()),
        "digest": Key("The rule's `digest`, or `nobody`.", Text()),
    }
)

_CHECK = Group(
    {
        "lead": Key("The facts of a lead that you make up.", _LEAD, is_required=True),
        "expect": Key("What the rules must make of it; name only what matters to you.", _EXPECT, is_required=True),
    }
)

_SERVER = Group(
    {
        "host": Key("Where to listen. Default `0.0.0.0`; the variable `HOST` wins.", Text(), ("127.0.0.1",)),
        "port": Key("The port. Default `8080`; the variable `PORT` wins.", Number(lowest=0), (8080,)),
        "public_url": Key(
            "The address that LinkedIn and Slack reach. HTTPS: the server subscribes there by itself. Default "
            "`http://localhost:8080`.",
            _URL,
            ("https://leads.example.com",),
        ),
    }
)

_LINKEDIN = Group(
    {
        "client_id": Key("From the Auth page of your LinkedIn app.", Text(takes_numbers=True)),
        "client_secret": Key("From the same page.", Secret(), ("${LINKEDIN_CLIENT_SECRET}",)),
        "access_token": Key(
            "A token of your own. Empty: the account of `leadbell linkedin connect` is used.",
            Secret(),
            ("${LINKEDIN_ACCESS_TOKEN:-}",),
        ),
        "api_url": Key("LinkedIn's API. Default `https://api.linkedin.com`.", _URL),
        "auth_url": Key("LinkedIn's sign-in. Default `https://www.linkedin.com`.", _URL),
        "api_version": Key(
            'Year and month, such as `"202608"`. LinkedIn serves each about a year; you are told 60 days before its '
            "end.",
            Text("20[2-9][0-9](?:0[1-9]|1[0-2])", takes_numbers=True),
            ("202608",),
        ),
        "require_signature": Key("Default `yes`. `no`: unsigned notifications only ring the door.", _SWITCH),
        "poll": Key(
            "The second way in: LinkedIn is asked for leads that no webhook told.",
            Group(
                {
                    "every": Key(
                        "How often; five times as often while the webhook is silent. Default `5 min`.",
                        _DURATION,
                        ("5 min",),
                    ),
                    "look_back": Key(
                        "How far back once an hour, and how old a lead may be to ring. Default `24 h`, at most "
                        "`365 days`.",
                        _DURATION,
                        ("24 h",),
                    ),
                }
            ),
        ),
    }
)

_SLACK = Group(
    {
        "bot_token": Key(
            "From the page OAuth & Permissions of your Slack app; begins with `xoxb-`.",
            Secret(),
            ("${SLACK_BOT_TOKEN}",),
        ),
        "signing_secret": Key(
            "From the page Basic Information of your Slack app.", Secret(), ("${SLACK_SIGNING_SECRET}",)
        ),
        "app_token": Key(
            "Leave it empty: Socket Mode comes with a later version.", Secret(), ("${SLACK_APP_TOKEN:-}",)
        ),
        "api_url": Key("Slack's API. Default `https://slack.com/api/`.", _URL),
        "admin_channel": Key(
            "Where the bot reports its own trouble and each change of this file.",
            Text(r"#[^\s#@,.:;<>&A-Z]{1,80}|[CG][A-Z0-9]{3,}"),
            ("#leadbell-admin",),
        ),
        "managers": Key(
            "People who may claim and give back any lead, and undo a change of this file.",
            Either((Text(), ListOf(Text()))),
            (["dora"],),
        ),
    }
)

_EMAIL = Group(
    {
        "smtp": Key(
            "The mail server: `smtp://user:password@host:587` demands STARTTLS (not to this machine itself), "
            "`smtps://…` is TLS from the start, `?tls=none` goes without. User and password are percent-encoded. "
            "Empty: no mail.",
            Text(),
            ("${SMTP_URL:-}",),
        ),
        "from": Key("The sender, `Name <address>`.", Text(".*@.*"), ("Lead alerts <alerts@example.com>",)),
        "admin": Key("Where notices go when there is no Slack.", _MAIL, ("ops@example.com",)),
    }
)

_PRIVACY = Group(
    {
        "keep_leads": Key("After this time from the submit the person is erased. Default `365 days`.", _DURATION),
        "keep_raw_answers": Key("After this time LinkedIn's raw answer is dropped. Default `90 days`.", _DURATION),
        "keep_log": Key(
            "After this time raw notifications and the texts of settled messages are dropped. Default `30 days`.",
            _DURATION,
        ),
    }
)

FILE = Group(
    {
        "version": Key("Of the file's language: `1`. May be left out.", Choice((1, "1"))),
        "timezone": Key(
            "Used wherever nothing closer is set, such as `Europe/Berlin`. Default `UTC`.", Text(), ("Europe/Berlin",)
        ),
        "sources": Key("A name of your own for each ad account or page whose leads you want.", Named(_SOURCE)),
        "names": Key(
            "Nicknames for LinkedIn's ids, so that rules read well. `leadbell linkedin names` prints this block.",
            Group(
                {
                    "forms": Key("Nickname: form id.", Named(_ID), ({"demo-request": 6083},)),
                    "campaigns": Key("Nickname: campaign id.", Named(_ID), ({"nordics-trial": 367378777},)),
                }
            ),
        ),
        "fields": Key(
            "One name per fact, whichever form asked it: a list of predefined names, question names or question texts.",
            Named(one_or_more(Text(takes_numbers=True))),
            ({"country": ["COUNTRY", "Which country are you in?"]},),
        ),
        "hours": Key("Working hours, by names of your own.", Named(_HOURS)),
        "people": Key("One entry for each person, by a short name.", Named(_PERSON)),
        "teams": Key(
            "People who share leads, by names of your own. Somebody's team is the first listed that has them.",
            Named(_TEAM),
        ),
        "escalations": Key(
            "What happens while nobody claims a lead: lists of steps, by names of your own. A claim ends them.",
            Named(ListOf(_STEP, at_least=1)),
        ),
        "follow_up": Key("What happens to a claimed lead on which nobody presses Contacted.", _FOLLOW_UP),
        "rules": Key(
            "Which lead goes where. Read from the top; the first that fits is used. The last has no `when`.",
            ListOf(_RULE, at_least=1),
            is_required=True,
        ),
        "test_leads": Key(
            "Where leads with LinkedIn's test flag go. Without it they are routed like others.", _TEST_LEADS
        ),
        "repeat_leads": Key("What happens to the lead of somebody who was here before.", _REPEAT_LEADS),
        "digests": Key("Lists at a set hour instead of a ping for each lead, by names of your own.", Named(_DIGEST)),
        "templates": Key(
            "Names for rules, each with a file name without ending: `templates/slack/<name>.j2`, "
            "`templates/email/<name>.j2`.",
            Named(Text("[A-Za-z0-9][A-Za-z0-9_-]{0,63}")),
            ({"default": "lead", "hot_lead": "hot_lead"},),
        ),
        "checks": Key(
            "Promises that are tried whenever the file is read. One that fails keeps the file from being used.",
            ListOf(_CHECK),
        ),
        "server": Key("Where the server listens.", _SERVER),
        "database": Key(
            "`sqlite:data/leadbell.db` (beside this file), `sqlite:/abs/path` or `sqlite:///abs/path`.",
            Text("sqlite:.+"),
            ("sqlite:data/leadbell.db",),
        ),
        "linkedin": Key("How LinkedIn is reached.", _LINKEDIN),
        "slack": Key("How Slack is reached. May be left out when no rule posts.", _SLACK),
        "email": Key("How mail is sent. May be left out when no rule mails.", _EMAIL),
        "privacy": Key("How long what is kept; each a day at least.", _PRIVACY),
        "secret_key": Key(
            "32 characters or more; LinkedIn's tokens are encrypted with a key made from it. Empty: one is made and "
            "kept beside the database. `new,old` rotates.",
            Secret(),
            ("${LEADBELL_SECRET_KEY:-}",),
        ),
    }
)
