"""`Allow` tells the truth: of every path of the contract it names the methods that the path really has."""

from collections import defaultdict

from tests import harness
from tests.security.whole import filled, operations, whole_system

OTHERS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


def more_general(path: str, methods: dict[str, set[str]]) -> set[str]:
    """The methods of other paths of the contract that match this one too, by a parameter in place of a word."""
    words = path.split("/")
    others = [other for other in methods if other != path and len(other.split("/")) == len(words)]
    matching = [
        other
        for other in others
        if all("{" in general or general == word for general, word in zip(other.split("/"), words, strict=True))
    ]
    return {method for other in matching for method in methods[other]}


async def test_allow_names_the_methods_of_the_contract(databases: harness.Databases, keys: harness.Keys) -> None:
    async with whole_system(databases, keys) as whole:
        methods: dict[str, set[str]] = defaultdict(set)
        for method, path in operations(await whole.contract()):
            methods[path].add(method)
        assert len(methods) > 150
        wrong: list[str] = []
        for path, existing in methods.items():
            for method in OTHERS:
                if method in existing:
                    continue
                if method in more_general(path, methods):
                    continue  # /complaints/{case_id} takes it, and finds no case of that name
                answer = await whole.client.request(method, filled(path))
                allowed = {name.strip() for name in answer.headers.get("allow", "").split(",")}
                if (answer.status_code, allowed) != (405, existing):
                    wrong.append(f"{method} {path}: {answer.status_code} {sorted(allowed)}, not {sorted(existing)}")
        assert wrong[:20] == [], len(wrong)
