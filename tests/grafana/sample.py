"""The sample for Alertmanager, for a test."""

import yaml
from chat import TOKEN
from families import root

SAMPLE = root / "grafana" / "alertmanager" / "alertmanager.yml"


def alertmanager_config(folder, chat, mail):
    """The sample as it is, but for addresses, and for times that are too long for a test."""
    config = yaml.safe_load(SAMPLE.read_text())
    config["global"] |= {"telegram_api_url": chat.url, "smtp_smarthost": f"127.0.0.1:{mail.port}",
                         "smtp_require_tls": False}
    config["templates"] = [str(SAMPLE.parent / one) for one in config["templates"]]
    for route in [config["route"], *config["route"]["routes"]]:
        route |= {"group_wait": "1s", "group_interval": "1s"}
    (folder / "slack_url").write_text(f"{chat.url}/slack")
    for receiver in config["receivers"]:
        for one in receiver.get("telegram_configs", []):
            one["bot_token"] = TOKEN
        for one in receiver.get("slack_configs", []):
            one["api_url_file"] = str(folder / "slack_url")
        for one in receiver.get("webhook_configs", []):
            one["url"] = f"{chat.url}/webhook"
    file = folder / "alertmanager.yml"
    file.write_text(yaml.safe_dump(config))
    return file
