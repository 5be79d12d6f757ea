"""The command: what it needs, how it ends, and that it says where it is."""

from http.client import HTTPConnection

import pytest

from site_pages import URL, furnish
from support import Make
from system.site_server import log, served


def test_a_newsletter_without_a_site_is_not_served(newsletter: Make) -> None:
    done = newsletter(0).run("serve")
    assert done.exit_code == 2
    assert "[site] url is missing" in done.stderr


@pytest.mark.parametrize("listen", ["8080", "localhost", "127.0.0.1:x", "127.0.0.1:8080:1", "/run/socket"])
def test_an_address_that_is_none_is_refused(newsletter: Make, listen: str) -> None:
    done = furnish(newsletter(0)).run("serve", "--listen", listen)
    assert done.exit_code == 2
    assert "ADDRESS:PORT" in done.stderr


def test_it_says_where_it_is_and_ends_with_0_when_told_to(newsletter: Make) -> None:
    with served(furnish(newsletter(0))) as site:
        client = HTTPConnection("127.0.0.1", site.port, timeout=10)
        client.request("GET", "/")
        answer = client.getresponse()
        assert (answer.status, answer.getheader("server")) == (200, None)
        # A connection that is left open must not hold it up.
    client.close()
    assert "event=request route=sign_up status=200" in log(site.folder)


def test_a_port_that_is_taken_is_named(newsletter: Make) -> None:
    folder = furnish(newsletter(0))
    with served(folder) as site:
        done = folder.run("serve", "--listen", f"127.0.0.1:{site.port}")
        assert done.exit_code == 1
        assert f"127.0.0.1:{site.port}: cannot listen there; is another" in done.stderr


def test_an_address_that_is_not_this_machines_is_named(newsletter: Make) -> None:
    done = furnish(newsletter(0)).run("serve", "--listen", "192.0.2.1:8080")
    assert done.exit_code == 1
    assert "192.0.2.1:8080: cannot listen there; cannot assign requested address" in done.stderr


def test_a_template_that_cannot_be_used_is_named_before_anybody_comes(newsletter: Make) -> None:
    folder = furnish(newsletter(0))
    folder.write("templates/site/confirm.html.j2", "line\n{% if %}")
    done = folder.run("serve", "--listen", "127.0.0.1:0")
    assert done.exit_code == 1
    assert "templates/site/confirm.html.j2:2:" in done.stderr


def test_an_editors_own_page_and_words_win(newsletter: Make) -> None:
    folder = furnish(newsletter(0))
    folder.write(
        "templates/site/asked.html.j2", '{% extends "_page.html.j2" %}{% block main %}<h1>Thank you</h1>{% endblock %}'
    )
    folder.write("words/en.po", 'msgid "Go to the front page"\nmsgstr "Home we go"\n')
    with served(folder) as site:
        client = HTTPConnection("127.0.0.1", site.port, timeout=10)
        client.request("GET", "/nothing", headers={"Host": URL})
        assert b"Home we go" in client.getresponse().read()
        client.close()
