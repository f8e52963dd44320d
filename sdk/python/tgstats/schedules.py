"""When a plugin's schedule is due: `Every(hours=6)` or `Cron("0 9 * * *")`."""

EVERY_SECONDS_MAX = 366 * 86400


class Every:
    """Every so often, counted from the last time: `Every(minutes=10)`, `Every(hours=6)`."""

    def __init__(self, *, days=0, hours=0, minutes=0, seconds=0):
        self.seconds = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        if not 1 <= self.seconds <= EVERY_SECONDS_MAX:
            raise ValueError(f"Every: from 1 second to 366 days, not {self.seconds} seconds")

    def words(self):
        return {"every_seconds": self.seconds}


class Cron:
    """At the minutes that match five fields (minute, hour, day of month, month, day of week), in
    UTC: `Cron("0 9 * * mon-fri")`, `Cron("@daily")`.
    """

    def __init__(self, expression):
        if not isinstance(expression, str) or not expression.strip():
            raise ValueError(f"Cron: five fields are expected, not {expression!r}")
        self.expression = expression.strip()

    def words(self):
        return {"cron": self.expression}
