#include "rules/message.hpp"

#include "rules/routing.hpp"

#include <algorithm>
#include <set>

namespace baton {

namespace {

std::string short_of(const std::string& commit) {
  constexpr std::size_t digits = 12;
  return commit.substr(0, digits);
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string upper(std::string text) {
  for (auto& letter : text)
    if (letter >= 'a' && letter <= 'z')
      letter = static_cast<char>(letter - 'a' + 'A');
  return text;
}

/// What a host runs, for people.
std::string running(const host_verdict& host) {
  switch (host.serves) {
  case serves::none:
    return "nothing";
  case serves::unknown:
    return "unknown";
  case serves::mixed:
    return "mixed";
  default:
    return host.commit.empty() ? "unknown" : short_of(host.commit);
  }
}

/// The hosts' lines, as the stages have them.
std::vector<std::pair<std::string, const host_verdict*>> lines_of(const result& how) {
  std::vector<std::pair<std::string, const host_verdict*>> lines;
  for (const auto& name : how.host_order)
    if (const auto host = how.hosts.find(name); host != how.hosts.end())
      lines.emplace_back(name, &host->second);
  return lines;
}

/// What the hosts that were changed run: one word where they all run the same, else one by one.
std::string all_running(const result& how) {
  std::set<std::string> different;
  std::string each;
  for (const auto& [name, host] : lines_of(how)) {
    if (std::find(how.changed.begin(), how.changed.end(), name) == how.changed.end())
      continue;
    different.insert(running(*host));
    each += (each.empty() ? "" : ", ") + name + " " + running(*host);
  }
  return different.size() == 1 ? *different.begin() : each;
}

std::string failed_words(const result& how) {
  if (how.changed.empty())
    return "failed in " + how.phase + ", nothing was changed";
  // Whatever serves the new release was not taken back.
  if (!how.systems_deployed.empty())
    return "failed in " + how.phase + ", running " + all_running(how);
  return "failed in " + how.phase + ", rolled back, running " + all_running(how);
}

std::string ending(const result& how) {
  if (!how.rollback_failed.empty())
    return "; " + upper(listed(how.rollback_failed))
           + " could not be brought back, manual intervention required";
  constexpr int person_needed = 2;
  return how.exit_code == person_needed ? "; manual intervention required" : "";
}

std::vector<served_line> served(const result& how) {
  std::vector<served_line> lines;
  for (const auto& [name, host] : lines_of(how))
    lines.push_back({name, std::string{to_string(host->serves)},
                     !host->healthy   ? ""
                     : *host->healthy ? "healthy"
                                      : "not healthy",
                     short_of(host->commit)});
  return lines;
}

std::string served_text(const std::vector<served_line>& lines) {
  std::string text;
  for (const auto& line : lines) {
    text += line.host + " serves " + line.serves;
    text += line.commit.empty() ? "" : " " + line.commit;
    text += line.health.empty() ? "\n" : ", " + line.health + "\n";
  }
  return text;
}

/// What Slack takes in one piece, the least of all channels, is 3000.
constexpr std::size_t joined_length_max = 2'800;

/// In bytes, as HTML and mrkdwn want it.
std::size_t escaped_length(const std::string& text) {
  constexpr std::size_t entity = 5;
  std::size_t length = 0;
  for (const char c : text)
    length += c == '<' || c == '>' || c == '&' ? entity : 1;
  return length;
}

/// A message among others.
std::string block_of(const message& one, bool with_next) {
  auto block = one.title + "\n" + one.text;
  if (with_next && !one.next.empty())
    block += one.next + "\n";
  return block;
}

struct wording {
  const run_words& of;
  message& into;

  std::string where() const {
    return of.environment.empty() ? of.fleet : of.fleet + " " + of.environment;
  }

  void operator()(const event::run_requested& begun) const {
    into.title = where() + ": " + begun.plan->request.commit_hash + " is being deployed";
    into.text = "asked for by " + begun.plan->requested_by + "\n";
    into.next = "baton show " + into.run;
  }

  void operator()(const event::phase_ended& ended) const {
    into.phase = ended.phase;
    into.title = where() + ": " + ended.phase + " " + std::string{to_string(ended.outcome)};
    into.next = "baton show " + into.run;
  }

  void operator()(const event::rollback_started& begun) const {
    into.phase = begun.phase;
    into.title = where() + ": rolling back after " + begun.phase;
    into.next = "baton show " + into.run;
  }

  void operator()(const event::cancel_requested& cancel) const {
    into.title = where() + ": cancelled by " + cancel.by;
    into.next = "baton show " + into.run;
  }

  void operator()(const event::alert_raised& alert) const {
    into.phase = alert.phase;
    into.host = alert.host;
    into.title =
        where() + ": " + (alert.host.empty() ? alert.phase : alert.phase + " on " + alert.host);
    into.text = alert.text + "\n";
    into.next = "baton show " + into.run;
  }

  void operator()(const event::run_finished& finished) const {
    const auto& how = *finished.result;
    into.status = how.status ? std::string{to_string(*how.status)} : "unfinished";
    into.phase = how.phase;
    into.commit = how.commit;
    into.error = how.why ? describe_where(*how.why) : "";
    into.hosts = served(how);
    into.title = where() + ": " + verdict_words(how);
    into.text = (into.error.empty() ? "" : into.error + "\n") + served_text(into.hosts);
    into.next = "baton show " + into.run;
    if (needs_a_person(how))
      into.text += "baton ack " + into.run + " ends the reminders\n";
  }

  void operator()(const event::channel_stopped& stopped) const {
    into.fleet = stopped.fleet;
    into.title = stopped.fleet + ": nothing is sent on channel " + stopped.channel + " any more";
    into.text = stopped.why + "\n";
    into.next = "baton alert test " + stopped.channel;
  }

  template <class Other>
  void operator()(const Other&) const {}
};

} // namespace

std::string verdict_words(const result& how) {
  if (!how.status)
    return "not finished";
  switch (*how.status) {
  case status::success:
    return "deployed " + short_of(how.commit) + " to " + listed(how.systems_deployed);
  case status::partial_success:
    return upper(how.phase) + " failed, manual intervention required; " + short_of(how.commit)
           + " runs on " + listed(how.systems_deployed);
  case status::rolled_back:
    return how.changed.empty() ? "failed in " + how.phase + ", nothing was changed"
                               : "rolled back, running " + all_running(how) + ending(how);
  case status::failed:
    return failed_words(how) + ending(how);
  default: // aborted
    return "aborted in " + how.phase + ending(how);
  }
}

message message_of(const record& what, const run_words& of, int nth) {
  message made;
  made.run = what.run;
  made.fleet = of.fleet;
  made.environment = of.environment;
  made.event = type_name(what.what);
  made.severity = severity_of(what.what);
  made.at = what.at;
  made.nth = nth;
  std::visit(wording{of, made}, what.what);
  if (nth > 0)
    made.title = "reminder " + std::to_string(nth) + ": " + made.title;
  return made;
}

std::size_t joinable(const std::vector<message>& all) {
  std::size_t count = 0;
  std::size_t length = 0;
  while (count < all.size()) {
    length += escaped_length(block_of(all[count], true));
    if (count > 0 && length > joined_length_max)
      break;
    ++count;
  }
  return count;
}

message joined(const std::vector<message>& all) {
  auto made = all.front();
  if (all.size() == 1)
    return made;
  const auto* gravest = &all.front();
  bool one_next = true;
  for (const auto& one : all) {
    gravest = one.severity >= gravest->severity ? &one : gravest;
    one_next = one_next && one.next == all.front().next;
  }
  made.title = std::to_string(all.size()) + " messages, most serious: " + gravest->title;
  made.severity = gravest->severity;
  made.text.clear();
  for (const auto& one : all)
    made.text += (made.text.empty() ? "" : "\n") + block_of(one, !one_next);
  if (!one_next)
    made.next.clear();
  return made;
}

} // namespace baton
