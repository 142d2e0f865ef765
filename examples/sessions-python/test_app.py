"""What the pages keep and for how long: `larder test -- pytest`."""

from app import app
from larder_guest.pytest_plugin import Larder


def test_a_session_ends_when_it_is_not_used(larder: Larder) -> None:
    client = app.test_client(use_cookies=False)
    login = client.post("/login", json={"user": "ada"})
    bearer = {"Authorization": f"Bearer {login.get_json()['session']}"}

    larder.advance(1799)
    assert client.get("/session", headers=bearer).get_json()["user"] == "ada"
    larder.advance(1799)
    assert client.get("/session", headers=bearer).status_code == 200, "its time began anew"
    larder.advance(1800)
    assert client.get("/session", headers=bearer).status_code == 401
    assert client.get("/sessions").get_json() == []


def test_a_client_may_come_again_after_a_minute(larder: Larder) -> None:
    client = app.test_client()
    assert [client.get("/limited").status_code for _ in range(6)] == [200] * 5 + [429]
    larder.advance(59)
    assert client.get("/limited").status_code == 429
    larder.advance(1)
    assert client.get("/limited").text == "request 1 of 5 in this minute\n"


def test_a_user_without_a_session_is_sent_away(larder: Larder) -> None:
    client = app.test_client()
    assert client.get("/sessions").get_json() == [], "each test begins with an empty store"
    assert client.get("/session").status_code == 401
