"""Times our whole way to an edition's HTML against npm's MJML compiling the same edition: a Markdown table.

Ours is the median of Jinja, quarantine, MJML and the role step; theirs is the best of many warm runs of the compiler
alone, without validation and without making the output small.
"""

import json
import subprocess
from pathlib import Path

from digest.core.settings import Job, Newsletter, TopicRules
from render import TOPICS, cpu_seconds, data_of, edition, page, plain_mjml, table

PACKAGE = "mjml@5.4.1"
PACKAGES = Path(__file__).parents[1] / ".venv" / "npm"
OPTIONS = ("--no-package-lock", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts")
TARGET = 3
COMPILE = """
const mjml = require("mjml").default || require("mjml");
const source = require("fs").readFileSync(0, "utf8");
const options = {validationLevel: "skip", minify: false, keepComments: true, fonts: {}};
(async function () {
  const times = [];
  let html = "";
  for (let round = 0; round < 150; round++) {
    const start = process.hrtime.bigint();
    html = (await mjml(source, options)).html;
    times.push(Number(process.hrtime.bigint() - start) / 1e9);
  }
  const warm = times.slice(50).sort((a, b) => a - b);
  console.log(JSON.stringify({least: warm[0], median: warm[50], bytes: Buffer.byteLength(html)}));
})();
"""


def main() -> None:
    """Prints the table."""
    topics = {name: TopicRules(id=name, name=name, color=color) for name, color in TOPICS.items()}
    job = Job(name="daily", title="The Morning Brief", sender="Meridian <brief@news.example.org>")
    data = data_of(edition(), job, Newsletter(name="Meridian", address="Example Street 1, Berlin"), topics)
    ours = cpu_seconds({"page": lambda: page(data)}, calls=20)["page"]
    size = len(page(data).encode())
    theirs = npm(plain_mjml(data))
    print(f"30 stories, {PACKAGE}\n")
    print(
        table(
            (
                ("way", "ms", "bytes of HTML"),
                ("ours: Jinja, quarantine, MJML, roles; median", f"{ours * 1e3:.2f}", f"{size:,}"),
                ("npm's compiler alone, warm; least", f"{theirs['least'] * 1e3:.2f}", f"{theirs['bytes']:,.0f}"),
                ("the same; median", f"{theirs['median'] * 1e3:.2f}", ""),
                (f"npm's least / our median; target {TARGET}", f"**{theirs['least'] / ours:.1f}**", ""),
            )
        )
    )


def npm(source: str) -> dict[str, float]:
    """Seconds of one compilation, the least and the median, and the size of the result."""
    folder = PACKAGES / PACKAGE.replace("@", "-")
    if not (folder / "node_modules").exists():
        folder.mkdir(parents=True, exist_ok=True)
        run("npm", "install", "--prefix", str(folder), *OPTIONS, PACKAGE)
    (folder / "compile.cjs").write_text(COMPILE, encoding="utf-8")
    answer: dict[str, float] = json.loads(run("node", str(folder / "compile.cjs"), source=source))
    return answer


def run(*command: str, source: str = "") -> str:
    """What a program prints."""
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=True)  # noqa: S603  our own words
    return done.stdout


if __name__ == "__main__":
    main()
