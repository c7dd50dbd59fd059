"""Whether the addresses of a deployment answer as they should.  Called by doctor.py."""

import json
import os
import time

import requests
from nacl.signing import SigningKey

from deploy.call import gcloud
from deploy.finding import Finding, deploy_again
from deploy.run import Runner
from local.form import Form

_TIMEOUT_S = 10  # a new instance may have to start
_LOGS = "gcloud functions logs read mando-ingress --project=$PROJECT --region=$LOCATION"
_LOGS_OF = {
    "app-engine": "gcloud app logs read --project=$PROJECT",
    "functions": "gcloud functions logs read mando-generate --project=$PROJECT --region=$LOCATION",
}
_LOGS_OF_REPLY = "gcloud functions logs read mando-reply --project=$PROJECT --region=$LOCATION"


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


def ask_steps(runner: Runner, form: Form) -> list[Finding]:
    """The addresses that the workflow calls; where there is none, those that the tasks call."""
    urls = [runner.filled("https://$STEPS_HOST"), runner.known["REPLY_URL"]]
    if form.has_workflow:
        described = gcloud("workflows", "describe", "mando", "--location=$LOCATION",
                           "--format=value(userEnvVars.STEPS_URL,userEnvVars.REPLY_URL)")  # fmt: skip
        urls = runner.ask(described).text.split()
    found = _ask_health(runner, "the steps do", urls[:1], deploy_again("steps"), _LOGS_OF[form.steps])
    if form.reply_is_function:
        found += _ask_health(runner, "the function that replies does", urls[1:], deploy_again("reply"), _LOGS_OF_REPLY)
    elif form.is_reply_elsewhere:
        its_own = "its host is not of this deployment: start it, or see its log"
        found += _ask_health(runner, "the host of /reply-discord does", urls[1:], its_own, its_own)
    return found


def _ask_health(runner: Runner, who: str, urls: list[str], again: str, logs: str) -> list[Finding]:
    for url in urls:
        if not url.startswith("http"):
            continue  # doctor says that it is not set
        try:
            status = requests.get(f"{url}/health", timeout=_TIMEOUT_S).status_code
        except requests.RequestException as error:
            return [_finding(runner, f"{who} not answer at {url}: {type(error).__name__}", again)]
        if status != 200:
            return [_finding(runner, f"{who} not answer 200 at {url}/health, but {status}", logs)]
    return []


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
