"""A bot that reports over HTTP, with nothing but Python's standard library.

    python3 examples/http_bot.py http://127.0.0.1:8080 CA123

TURNLOG_TOKEN is the tenant's API secret, where the gateway asks for one. What was not answered is sent again with the
same ids: a message that had arrived all the same is a duplicate then, and counts once.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

ATTEMPTS = 8
FOR_LATER = {"unavailable", "overloaded"}


class CallReporter:
    """Reports on one call. Each method returns when its message is durable, and raises when it will not be."""

    def __init__(self, gateway_url, call_sid, token=None):
        call = urllib.parse.quote(call_sid, safe="")
        self.url = f"{gateway_url.rstrip('/')}/v1/calls/{call}/events"
        self.headers = {"content-type": "application/json"}
        if token:
            self.headers["authorization"] = f"Bearer {token}"

    def turn(self, speaker, text, **more):
        self.report({"event": "turn", "turn": {"speaker": speaker, "text": text, **more}})

    def collect(self, **data):
        self.report({"event": "collect", "data": data})

    def outcome(self, outcome, reason=None):
        self.report({"event": "outcome", "outcome": outcome, "reason": reason})

    def report(self, *messages):
        now_ms = round(time.time() * 1000)
        waiting = [{"id": str(uuid.uuid4()), "timestamp": now_ms, **each} for each in messages]
        for attempt in range(ATTEMPTS):
            status, retry_after_s, answer = self._post(waiting)
            results = {each["id"]: each for each in answer.get("results", [])}
            for message in waiting:
                error = results.get(message["id"], {}).get("error")
                if error and error["code"] not in FOR_LATER:
                    raise ValueError(f"{message['event']} was rejected: {error['message']}")
            waiting = [each for each in waiting if not is_stored(results.get(each["id"]))]
            if not waiting:
                return
            if 400 <= status < 500 and status not in (408, 429):
                raise ValueError(f"the gateway answered {status}: {answer.get('error')}")
            time.sleep(max(retry_after_s, 0.25 * 2**attempt))
        raise TimeoutError(f"{len(waiting)} messages were not acknowledged")

    def _post(self, messages):
        body = json.dumps(messages).encode()
        request = urllib.request.Request(self.url, body, self.headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, 0, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, seconds_of(error.headers.get("retry-after")), read_json(error)
        except (OSError, ValueError):
            # No answer, or none that can be read: what became of the messages is not known.
            return 0, 0, {}


def is_stored(result):
    return result is not None and result["status"] in ("appended", "duplicate")


def seconds_of(retry_after):
    return float(retry_after) if retry_after and retry_after.isdigit() else 0


def read_json(response):
    try:
        return json.load(response)
    except ValueError:
        return {}


def main():
    gateway_url, call_sid = sys.argv[1:3]
    call = CallReporter(gateway_url, call_sid, os.environ.get("TURNLOG_TOKEN"))
    start_ms = round(time.time() * 1000)
    call.turn("ai", "What is your budget?", startedAt=start_ms, endedAt=start_ms + 1_400)
    call.turn("user", "Around 50 lakhs", startedAt=start_ms + 2_000, endedAt=start_ms + 3_100)
    call.collect(budget=5_000_000)
    call.outcome("qualified", reason="the budget is known")
    print("all of it is durable")


if __name__ == "__main__":
    main()
