#include "runtime/config/read_fleet.hpp"
#include "runtime/config/read_url.hpp"
#include "runtime/notify/render.hpp"
#include "runtime/secrets/said_secrets.hpp"

#include <algorithm>
#include <cctype>

namespace baton {

namespace {

constexpr word_of<severity> loudness_words[]{
    {"info", severity::info}, {"warning", severity::warning}, {"critical", severity::critical}};

/// The name of the channel that `on_alert` is.
constexpr const char* hook_name = "on_alert";

constexpr std::string_view kinds[] = {"telegram", "slack", "email", "webhook", "command"};

void require(const view& in, std::string_view key, std::string hint) {
  if (in.is(yaml_kind::mapping) && !in[key].present() && !in.has_faults_below())
    in.missing(key, std::move(hint));
}

void read_telegram(const view& in, channel& into) {
  into.kind = channel_kind::telegram;
  into.api = "https://api.telegram.org";
  read_url(in["api"], into.api, {"https://", "http://"}, "https://",
           "the login of a proxy cannot be given: let it know this machine by its address");
  while (into.api.ends_with('/'))
    into.api.pop_back();
  in["token_file"].read_controller_path(into.token_file);
  require(in, "token_file", "a file with the token of your bot, mode 0600");
  const auto chat = in["chat"];
  if (chat.is(yaml_kind::integer))
    chat.read_word(into.chat);
  else
    chat.read_text(into.chat);
  require(in, "chat", "the number of the chat, or @name of a channel");
  const auto is_of_number = [&](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
  };
  const auto number = std::string_view{into.chat}.substr(into.chat.starts_with('-') ? 1 : 0);
  if (!into.chat.empty() && !into.chat.starts_with('@')
      && (number.empty() || !std::all_of(number.begin(), number.end(), is_of_number)))
    chat.fault("a chat is a number, such as -1001234567890, or @name of a channel");
  in["thread"].read(into.thread);
  in["ca_file"].read_controller_path(into.ca_file);
}

void read_slack(const view& in, channel& into) {
  into.kind = channel_kind::slack;
  in["webhook_file"].read_controller_path(into.url_file);
  require(in, "webhook_file", "a file with the URL of the incoming webhook, mode 0600");
  in["ca_file"].read_controller_path(into.ca_file);
}

void read_email(const view& in, channel& into) {
  into.kind = channel_kind::email;
  read_url(in["server"], into.server, {"smtps://", "smtp://"}, "smtps:// or smtp://",
           "write the password into a file, mode 0600: user and password_file");
  require(in, "server", "such as smtps://mail.example.org:465");
  in["from"].read(into.from);
  require(in, "from", "the address that mails come from");
  in["to"].read(into.to);
  require(in, "to", "who gets the mails, one address or a list");
  if (!into.from.empty() && into.from.find('@') == std::string::npos)
    in["from"].fault("an address is wanted, such as baton@example.org");
  for (const auto& one : into.to)
    if (one.find('@') == std::string::npos)
      in["to"].fault("\"" + one + "\" is no address");
  in["user"].read(into.user);
  in["password_file"].read_controller_path(into.password_file);
  in["ca_file"].read_controller_path(into.ca_file);
  if (in["user"].present() != in["password_file"].present() && !in.has_faults_below())
    in.fault("a login has both, user and password_file");
}

void read_webhook(const view& in, channel& into) {
  into.kind = channel_kind::webhook;
  read_url(in["url"], into.url, {"https://", "http://"}, "https:// or http://",
           "write the URL into a file, mode 0600, and name it as url_file");
  in["url_file"].read_controller_path(into.url_file);
  in["ca_file"].read_controller_path(into.ca_file);
  in["token_file"].read_controller_path(into.token_file);
  if (in["url"].present() == in["url_file"].present() && in.is(yaml_kind::mapping)
      && !in.has_faults_below())
    in.fault("one of url and url_file is wanted", "url_file where the URL itself lets others send");
}

void read_channel(const view& in, const std::string& name, alert_policy& into) {
  channel made;
  made.name = name;
  int count = 0;
  for (const auto kind : kinds)
    count += in[kind].present() ? 1 : 0;
  if (in["telegram"].present())
    read_telegram(in["telegram"], made);
  else if (in["slack"].present())
    read_slack(in["slack"], made);
  else if (in["email"].present())
    read_email(in["email"], made);
  else if (in["webhook"].present())
    read_webhook(in["webhook"], made);
  else
    in["command"].read(made.run);
  if (count != 1 && in.is(yaml_kind::mapping) && !in.has_faults_below())
    in.fault(count == 0 ? "does not say where messages go" : "is more than one channel",
             "one of telegram, slack, email, webhook, command is wanted");
  into.channels.push_back(std::move(made));
}

std::vector<severity> from_on(severity least) {
  std::vector<severity> found;
  for (const auto& [word, value] : loudness_words)
    if (value >= least)
      found.push_back(value);
  return found;
}

void read_severities(const view& in, alert_route& into) {
  auto least = severity::warning;
  in["at_least"].read(least, loudness_words);
  into.severities = from_on(least);
  if (!in["severity"].present())
    return;
  if (in["at_least"].present())
    in["at_least"].fault("severity says it already");
  std::vector<std::string> words;
  in["severity"].read(words);
  into.severities.clear();
  for (const auto& word : words)
    if (check_reference(in["severity"], "severity", word, {"info", "warning", "critical"}))
      for (const auto& [known, value] : loudness_words)
        if (known == word)
          into.severities.push_back(value);
}

std::vector<std::string> names_of(const alert_policy& in) {
  std::vector<std::string> names;
  for (const auto& one : in.channels)
    names.push_back(one.name);
  return names;
}

alert_route read_route(const view& in, const std::vector<std::string>& channels) {
  alert_route made;
  made.events = {"alert_raised", "run_finished"};
  in["events"].read(made.events);
  const std::vector<std::string> known{std::begin(routable_events), std::end(routable_events)};
  for (const auto& one : made.events)
    check_reference(in["events"], "event", one, known);
  read_severities(in, made);
  made.channels = channels;
  in["channels"].read(made.channels);
  for (const auto& one : made.channels)
    check_reference(in["channels"], "channel", one, channels);
  in["template"].read_text(made.text_template);
  if (const auto why = template_fault(made.text_template); !why.empty())
    in["template"].fault(why);
  return made;
}

} // namespace

void read_alerts(const view& in, alert_policy& into) {
  for (const auto& [name, one] : in["channels"].entries()) {
    read_channel(one, name, into);
    if (name == hook_name && in["on_alert"].present())
      one.fault("is what `on_alert` is called already", "give it another name");
  }
  const auto channels = names_of(into);
  for (const auto& one : in["routes"].items())
    into.routes.push_back(read_route(one, channels));
  if (in["routes"].present() && channels.empty())
    in["routes"].fault("there are no channels to route to", "name them under alerts.channels");
  if (!in["routes"].present() && !channels.empty())
    into.routes.push_back(
        {{"alert_raised", "run_finished"}, from_on(severity::warning), channels, {}});
  if (in["on_alert"].present()) {
    channel hook;
    hook.name = hook_name;
    in["on_alert"].read(hook.run);
    into.channels.push_back(std::move(hook));
    into.routes.push_back({{"alert_raised"}, from_on(severity::info), {hook_name}, {}});
  }
  std::string never;
  if (in["repeat"].is(yaml_kind::text))
    in["repeat"].read(never);
  if (never == "never")
    into.repeat = duration{0};
  else
    in["repeat"].read(into.repeat);
  in["wait"].read(into.wait);
  in["deliver_for"].read_positive(into.deliver_for);
}

} // namespace baton
