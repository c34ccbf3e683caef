"""What identifies people, as tests make it up: telephone numbers as people and programs write them."""

from hypothesis import strategies as st


def telephone_numbers() -> st.SearchStrategy[str]:
    """Numbers with their country or area (10 to 15 digits) in the characters that codes have: parted by `.`, `-`, `/`
    in groups or not at all, with or without what they are, with or without an extension."""
    groups = st.lists(st.from_regex(r"[0-9]{2,4}", fullmatch=True), min_size=3, max_size=6).filter(
        lambda parts: 10 <= sum(map(len, parts)) <= 15
    )
    return st.builds(
        lambda parts, between, kind, extension: kind + between.join(parts) + extension,
        groups,
        st.sampled_from(["", "-", ".", "/", ":"]),
        st.sampled_from(["", "", "", "tel:", "TEL-", "mobile.", "sms:"]),
        st.sampled_from(["", "", "", "x12", "-ext.7"]),
    )
