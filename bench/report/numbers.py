"""Numbers as the page and its plots show them."""


def number(value: float) -> str:
    """Three digits that count: 0.123, 1.23, 12.3, 123, 12,345."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
