"""Whether the addresses of a deployment answer as they should.  Called by doctor.py."""

import json
import os
import time

import requests
from nacl.signing import SigningKey

from deploy.call import gcloud
from deploy.finding import Finding, deploy_again
from deploy.run import Runner

_TIMEOUT_S = 10  # a new instance may have to start
_LOGS = "gcloud functions logs read mando-ingress --project=$PROJECT --region=$LOCATION"


def ask_ingress(runner: Runner) -> list[Finding]:
    """A PING that is signed with another key than Discord's must be refused with 401 by our own check.

    Only Discord can sign one that is answered: `mando register` makes it send one.
    """
    url = runner.known["INGRESS_URL"]
    if not url.startswith("http"):
        return []  # there is no function; doctor says so
    body = json.dumps({"type": 1}).encode()
    timestamp = str(int(time.time()))
    signature = SigningKey.generate().sign(timestamp.encode() + body).signature.hex()
    headers = {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": timestamp}
    try:
        answer = requests.post(url, body, headers=headers, timeout=_TIMEOUT_S)
    except requests.RequestException as error:
        return [_finding(runner, f"the ingress does not answer at {url}: {type(error).__name__}", _LOGS)]
    if answer.status_code == 401 and "signature" in answer.text:
        return []
    if answer.status_code == 403:
        what = f"Cloud Run refuses everybody at {url}: its Invoker IAM check is on, or its ingress is internal"
        return [_finding(runner, what, deploy_again("ingress"))]
    what = f"the ingress answers {answer.status_code} at {url} to a PING with a wrong signature; it should be 401"
    return [_finding(runner, what, _LOGS)]


def ask_steps(runner: Runner) -> list[Finding]:
    """The address that the workflow calls; where there is none, that of the app."""
    described = gcloud(
        "workflows", "describe", "mando", "--location=$LOCATION", "--format=value(userEnvVars.STEPS_URL)"
    )
    url = (
        runner.ask(described).text if runner.known["TASKS_CALL"] == "workflow" else runner.filled("https://$STEPS_HOST")
    )
    if not url.startswith("http"):
        return []
    try:
        status = requests.get(f"{url}/health", timeout=_TIMEOUT_S).status_code
    except requests.RequestException as error:
        return [_finding(runner, f"the steps do not answer at {url}: {type(error).__name__}", deploy_again("steps"))]
    if status == 200:
        return []
    logs = "gcloud app logs read --project=$PROJECT"
    return [_finding(runner, f"the steps answer {status} at {url}/health; it should be 200", logs)]


def ask_discord(runner: Runner) -> list[Finding]:
    """Whether the application sends interactions to our ingress, and signs with the key that the ingress has."""
    token = os.environ.get("DISCORD_BOT_TOKEN", "").strip()
    if not token:
        return []
    api = os.environ.get("DISCORD_API", "https://discord.com/api/v10").rstrip("/")
    headers = {"Authorization": f"Bot {token}"}
    register = f"mando register --endpoint={runner.known['INGRESS_URL']}"
    try:
        answer = requests.get(f"{api}/applications/@me", headers=headers, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        application = answer.json()
    except (requests.RequestException, ValueError) as error:
        return [Finding(f"cannot read the application: {type(error).__name__}; is DISCORD_BOT_TOKEN right?", register)]
    found: list[Finding] = []
    endpoint = application.get("interactions_endpoint_url")
    if endpoint != runner.known["INGRESS_URL"]:
        found.append(Finding(f"Discord sends interactions to {endpoint or 'nobody'}", register))
    described = gcloud("functions", "describe", "mando-ingress", "--gen2", "--region=$LOCATION",
                       "--format=value(serviceConfig.environmentVariables.DISCORD_PUBLIC_KEY)")  # fmt: skip
    key = runner.ask(described).text
    verify_key = str(application.get("verify_key", key))
    if key and key.lower() != verify_key.lower():
        again = f"{deploy_again('ingress')} --discord-public-key {verify_key}"
        found.append(
            _finding(runner, f"the ingress has the public key {key[:8]}…, Discord signs with {verify_key[:8]}…", again)
        )
    return found


def _finding(runner: Runner, what: str, command: str) -> Finding:
    return Finding(what, runner.filled(command))
