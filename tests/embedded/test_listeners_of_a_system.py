"""A whole embedded system as it runs: what its ports answer, under which names, and from whose pages it takes what."""

from collections.abc import Iterator

import httpx
import pytest

from deploy.embedded import System, scratch_data_dir
from deploy.embedded.ports import free_port
from deploy.operator import operator_token

REBOUND = {"Host": "attacker.example"}  # a name of somebody else that leads to 127.0.0.1


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with scratch_data_dir() as data, System(data, free_port()) as running:
        yield running


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=10) as client:
        yield client


def code_of(answer: httpx.Response) -> tuple[int, str | None]:
    is_problem = answer.headers.get("content-type") == "application/problem+json"
    return answer.status_code, answer.json()["code"] if is_problem else None


@pytest.mark.system
def test_internal_paths_and_metrics_answer_at_the_internal_ports_alone(system: System, client: httpx.Client) -> None:
    for name, outside in system.urls.items():
        inside = system.internal_urls[name]
        headers = {"Authorization": f"Bearer {operator_token(system.keys, name)}"}
        nothing = client.get(f"{outside}/nothing-here", headers=headers)
        for path in ("/metrics", "/internal/status", "/internal/parked", "/internal/streams/patron.intake/heads"):
            refused = client.get(outside + path, headers=headers)
            assert (refused.status_code, refused.content) == (404, nothing.content), (name, path)
            assert client.get(inside + path, headers=headers).status_code == 200 or "streams" in path
        for path in ("/v1/customers", "/dev/token", "/desk", "/v1/health", "/"):
            assert client.get(inside + path, headers=headers).status_code == 404, (name, path)
        assert f'service="{name}"' in client.get(f"{inside}/metrics").text


@pytest.mark.system
def test_no_page_under_another_name_reads_or_gets_anything(system: System, client: httpx.Client) -> None:
    """The defect: such a page (DNS rebinding) got a token, and read every customer with it."""
    gateway = system.gateway_url
    role = {"role": "admin"}
    assert code_of(client.post(f"{gateway}/dev/token", json=role, headers=REBOUND)) == (421, "host_not_served")
    token = client.post(f"{gateway}/dev/token", json=role).raise_for_status().json()["access_token"]
    for path in ("/v1/customers?q=1001", "/openapi.json", "/docs", "/desk", "/"):
        for headers in (REBOUND, REBOUND | {"Authorization": f"Bearer {token}"}):
            assert code_of(client.get(gateway + path, headers=headers)) == (421, "host_not_served"), path
    for name, inside in system.internal_urls.items():
        headers = REBOUND | {"Authorization": f"Bearer {operator_token(system.keys, name)}"}
        assert code_of(client.get(f"{inside}/internal/status", headers=headers)) == (421, "host_not_served")
        assert code_of(client.get(f"{inside}/metrics", headers=headers)) == (421, "host_not_served")
    metrics = client.get(f"{system.internal_urls['gateway']}/metrics").text
    assert 'event="wrong_host"' in metrics or "wrong_host" in metrics
    for host in ("localhost", "127.0.0.1"):
        named = client.post(f"{gateway}/dev/token", json=role, headers={"Host": f"{host}:{httpx.URL(gateway).port}"})
        assert named.status_code == 200


@pytest.mark.system
def test_a_page_of_another_origin_gets_no_token_and_signs_nobody_in(system: System, client: httpx.Client) -> None:
    gateway = system.gateway_url
    for origin in ("http://attacker.example", "http://localhost:3000", "null"):
        foreign = {"Origin": origin, "Content-Type": "text/plain"}  # what a form may send without asking first
        answer = client.post(f"{gateway}/dev/token", content='{"role": "admin"}', headers=foreign)
        assert code_of(answer) == (403, "cross_origin")
        form = client.post(f"{gateway}/desk/sign-in", data={"role": "manager"}, headers={"Origin": origin})
        assert code_of(form) == (403, "cross_origin")
        assert "set-cookie" not in form.headers


@pytest.mark.system
def test_the_desk_signs_in_from_its_own_page(system: System, client: httpx.Client) -> None:
    """As a browser does it: it hides the origin of forms from pages that ask for `no-referrer`."""
    gateway = system.gateway_url
    page = client.get(f"{gateway}/desk")
    assert page.status_code == 200
    assert page.headers["referrer-policy"] == "same-origin", "with no-referrer a form's own origin would be null"
    signed_in = client.post(f"{gateway}/desk/sign-in", data={"role": "manager"}, headers={"Origin": gateway})
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/desk")
    hidden = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert client.post(f"{gateway}/desk/sign-in", data={"role": "manager"}, headers=hidden).status_code == 303
    signed_out = client.post(f"{gateway}/desk/sign-out", headers={"Origin": gateway})
    assert signed_out.status_code == 303
