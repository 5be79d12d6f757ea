"""A number -> so many invented articles for each of three topics, the same each time."""

import random

from system.news import Topic, articles

_OUTLETS = [f"{place} {kind}" for place in ("Harbour", "Meadow", "Summit", "Quay") for kind in ("Post", "Wire", "Week")]
_COLORS = {"cars": "#b4441b", "models": "#5b4fe0", "money": "#0f7f73"}
_HEADLINES = {
    "cars": (
        "{maker} recalls {n} vans over a loose bolt",
        "{place} closes its old town to every van but {maker}’s",
        "Charging a van takes {n} minutes with {maker}’s new plug",
        "{maker} moves its van plant to {place} and keeps all jobs",
        "A van crosses the pass to {place} on one charge, with {thing} on board",
        "Who wants {thing}? {maker} puts them into its vans",
        "Vans that bring {thing}: {place} orders {n}",
    ),
    "models": (
        "{maker} publishes a model that reads {n} pages at once",
        "Nurses in {place} try {maker}’s model for night notes",
        "A model from {maker} finds {n} leaks under {place}",
        "{place} asks {maker} how its model decides about rents",
        "Schools near {place} mark essays without any model",
        "A small model counts {thing} better than people do",
        "After {n} nights the model knows {thing}",
    ),
    "money": (
        "{maker} Bank settles a bond in {n} seconds with a token",
        "{place} pays its gardeners with a token of its own",
        "Thieves return {n} million in tokens to {maker}",
        "A token by {maker} loses its peg for {n} minutes",
        "The auditors of {place} count every token twice",
        "One token buys {thing} in {place}, not in {maker}",
        "A token for {thing}: {place} votes no",
    ),
}
_NAMED = {"cars": "van", "models": "model", "money": "token"}
_SENTENCES = (
    "The {word} came up when {person} of {maker} asked about {thing} in {place}.",
    "According to {person}, {other} cost {place} some {n} million euro last year.",
    "Nobody there had seen {thing} next to {other} before {person} moved in.",
    "An engineer, {person}, compares it to {thing}: nobody wants it, nobody gives it back.",
    "Council member {person} wants {other} in writing before anyone touches {thing}.",
    "In {place} some {n} people signed a letter by {person} against {other}.",
)
_THINGS = """
    bakery leases, bridge tolls, night buses, tide clocks, tall cranes, school milk, ferry bells, spare batteries,
    market scales, harbour pilots, weather masts, bicycle racks, quiet rooms, signal boxes, tram wires, roof
    gardens, flood gates, winter tyres, lost umbrellas, customs houses, apple presses, choirs, brass doors, chess clubs,
    salt mines, oyster beds, paper kites, lanterns, orchards, weaving looms, fog horns, snow ploughs, rope ladders
"""
_BEGINS = "Au Bel Cor Dun El Fen Gal Hes Iv Jor Kel Lun Mir Nor Os Pel Quor Ras Sav Tam Ul Ver Wes Yr Zan"
_ENDS = "ara beck dor elle fold gart holm ick jord ke lin mund nes ova pell quist rin stad ton um vik wen"


def many(count: int) -> tuple[Topic, ...]:
    """Three topics with so many articles each, from twelve outlets; few of one event."""
    chance = random.Random(60)  # noqa: S311  the same news each time, nothing secret
    things = " ".join(_THINGS.split()).split(", ")
    begins, ends = _BEGINS.split(), _ENDS.split()

    def name() -> str:
        return chance.choice(begins) + chance.choice(ends)

    def filled(pattern: str, word: str = "") -> str:
        thing, other = chance.sample(things, 2)
        person = f"{name()} {name()}"
        number = chance.randrange(3, 900)
        return pattern.format(maker=name(), place=name(), person=person, thing=thing, other=other, n=number, word=word)

    def article(topic: str, number: int) -> tuple[str, str]:
        headlines, first, rest = _HEADLINES[topic], _SENTENCES[0], chance.sample(_SENTENCES[1:], 2)
        text = " ".join(filled(pattern, _NAMED[topic]) for pattern in (first, *rest))
        text += f" Letters came from {', '.join(f'{name()} {name()}' for _ in range(8))}."
        return filled(headlines[number % len(headlines)]), text

    return tuple(
        Topic(
            id=topic,
            name=topic.title(),
            color=color,
            phrases=(_NAMED[topic], f"{_NAMED[topic]}s"),
            articles=articles(_OUTLETS, *(article(topic, number) for number in range(count))),
        )
        for topic, color in _COLORS.items()
    )
