"""Pipes a Singer tap into Countersign as people do: tap | target > state, and again with the state.

    check.py COUNTERSIGN TAP
"""

import csv
import json
import os
import subprocess
import sys
import tempfile

countersign, tap = sys.argv[1:]
DAY = "2026-03-02"
FIRST = [
    {"id": "1", "day": "2026-03-01", "rating": "4.50", "review": "The lamp is bright, and quiet"},
    {"id": "2", "day": DAY, "rating": "1.10", "review": "The kettle leaks"},
    {"id": "3", "day": DAY, "rating": "3.00", "review": "Die Lampe flackert seit gestern Abend"},
]


class Check:
    def __init__(self, folder):
        self.folder = folder
        self.changed = 1_770_000_000
        self.environment = {"PATH": os.environ["PATH"], "HOME": folder}
        for name in ("PG_BIN", "LANG"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        self.table = self.path("reviews.csv")
        self.config = self.path("config.json")
        table = {
            "path": self.table,
            "format": "csv",
            "table_name": "reviews",
            "primary_keys": ["id"],
            "date_column": "day",
            "date_column_format": "%Y-%m-%d",
        }
        with open(self.config, "w") as file:
            json.dump({"files": [table]}, file)

    def path(self, name):
        return os.path.join(self.folder, name)

    def writes(self, rows):
        with open(self.table, "w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        # The tap's bookmark is the time at which the file was changed, in whole seconds.
        self.changed += 60
        os.utime(self.table, (self.changed, self.changed))

    def tap(self, state=None):
        """What the tap writes."""
        command = [tap, "--config", self.config]
        if state is not None:
            with open(self.path("state.json"), "w") as file:
                json.dump(state, file)
            command += ["--state", self.path("state.json")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def countersign(self, *arguments, given=None):
        command = [countersign, "--data", self.path("data"), *arguments]
        environment = {**self.environment, "COUNTERSIGN_LOG": "warn"}
        return subprocess.run(
            command, input=given, capture_output=True, text=True, timeout=60, env=environment
        )

    def takes(self, messages):
        """The states that come back, and what is said of it."""
        done = self.countersign("ingest", "singer", given=messages)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def finds(self, question):
        done = self.countersign("evidence", "search", question, "--json")
        assert done.returncode == 0, done.stderr
        return sorted(hit["document"] for hit in json.loads(done.stdout)["hits"])


def main(folder):
    check = Check(folder)
    check.writes(FIRST)
    messages = check.tap()
    written = [json.loads(line) for line in messages.splitlines()]
    states = [message["value"] for message in written if message["type"] == "STATE"]

    given_back, said = check.takes(messages)
    assert given_back and given_back[-1] == states[-1], (given_back, states)
    assert "reviews: 3 new, 0 changed, 0 unchanged, 0 refused" in said, said
    assert check.finds("bright") == ["1"] and check.finds("flackert") == ["3"]

    # The tap honours the state that came back: it has nothing new to tell.
    again = check.tap(given_back[-1])
    assert not any(json.loads(line)["type"] == "RECORD" for line in again.splitlines()), again
    given_back, said = check.takes(again)
    assert given_back and given_back[-1] == states[-1], (given_back, said)

    # Records come again, as from a bookmark that is inclusive, and change nothing.
    check.writes(FIRST)
    given_back, said = check.takes(check.tap(given_back[-1]))
    assert "reviews: 0 new, 0 changed, 3 unchanged, 0 refused" in said, said

    changed = [FIRST[0], {**FIRST[1], "review": "The kettle is tight now"}, FIRST[2]]
    changed.append({"id": "4", "day": "2026-03-04", "rating": "5.00", "review": "A sturdy bag"})
    check.writes(changed)
    given_back, said = check.takes(check.tap(given_back[-1]))
    assert "reviews: 1 new, 1 changed, 2 unchanged, 0 refused" in said, said
    assert check.finds("leaks") == [] and check.finds("sturdy bag") == ["4"]

    # A tap that is killed in the middle of a line: what came before the last STATE stays.
    check.writes([{"id": "9", "day": "2026-03-05", "rating": "1", "review": "A broken zip"}])
    cut = check.tap().rstrip().splitlines()[:-1]
    half = check.countersign("ingest", "singer", given="\n".join(cut)[:-9])
    assert half.returncode != 0 and half.stdout == "", half
    assert "its JSON ends too early" in half.stderr, half.stderr
    assert check.finds("zip") == []

    check.takes(check.tap(given_back[-1]))
    assert check.finds("zip") == ["9"]


with tempfile.TemporaryDirectory() as folder:
    # Postgres may run as another user, who has to come through here.
    os.chmod(folder, 0o755)
    main(folder)
print("a Singer tap's records arrive, its states come back, and nothing comes twice")
