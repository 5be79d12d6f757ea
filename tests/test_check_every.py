from datetime import UTC, datetime, timedelta

from digest import config, pipeline
from digest.store import connect
from support import Make

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def test_a_source_is_not_asked_again_before_its_time(newsletter: Make) -> None:
    folder = newsletter()
    text = (folder.path / "digest.toml").read_text(encoding="utf-8")
    folder.write("digest.toml", text + 'check_every = "1h"\n')
    news = config.load(folder.path)
    with connect(news.database) as store:

        def known(minutes: int) -> int:
            now = NOW + timedelta(minutes=minutes)
            (intake,) = pipeline.check_sources(news, store, news.sources, now, lambda *_: None)
            assert intake.answered
            return intake.new + intake.known

        assert [known(minutes) for minutes in (0, 30, 59, 60, 61)] == [2, 0, 0, 2, 0]
