"""A plugin of the example: greets what was typed."""

offers = [{"kind": "answer", "name": "greet", "description": "Greets, in Python"}]


def handle(offer, event):
    return "Hello from Python, " + event["line"]
