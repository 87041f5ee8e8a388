#include "rules/message.hpp"

#include "messages/json_time.hpp"
#include "rules/routing.hpp"

#include <algorithm>
#include <set>

namespace baton {

namespace {

std::string short_of(const std::string& commit) {
  constexpr std::size_t digits = 12;
  return commit.substr(0, digits);
}

/// For a title: the first of them, and how many more there are.
std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most = 6;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < most; ++i)
    text += (text.empty() ? "" : ", ") + names[i];
  return names.size() <= most ? text
                              : text + " and " + std::to_string(names.size() - most) + " more";
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

/// What the hosts that were changed run: one word where they all run the same, and on which, if
/// there are others; else one by one.
std::string all_running(const result& how) {
  std::set<std::string> different;
  std::vector<std::string> each;
  std::vector<std::string> names;
  const auto lines = lines_of(how);
  for (const auto& [name, host] : lines) {
    if (std::find(how.changed.begin(), how.changed.end(), name) == how.changed.end())
      continue;
    different.insert(running(*host));
    each.push_back(name + " " + running(*host));
    names.push_back(name);
  }
  if (different.size() != 1)
    return listed(each);
  return *different.begin() + (names.size() == lines.size() ? "" : " on " + listed(names));
}

/// `failed`, or by whom it was cancelled.
std::string cause(const result& how) {
  return ended_by_cancel(how) ? "cancelled by " + how.cancelled_by : "failed";
}

std::string rolled_back_words(const result& how) {
  if (how.changed.empty())
    return cause(how) + " in " + how.phase + ", nothing was changed";
  return (ended_by_cancel(how) ? cause(how) + " in " + how.phase + ", " : "")
         + "rolled back, running " + all_running(how);
}

std::string failed_words(const result& how) {
  const auto words = cause(how) + " in " + how.phase;
  if (how.changed.empty())
    return words + ", nothing was changed";
  // Whatever serves the new release was not taken back.
  if (!how.systems_deployed.empty())
    return words + ", running " + all_running(how);
  return words + ", rolled back, running " + all_running(how);
}

std::string aborted_words(const result& how) {
  return "aborted in " + how.phase + (ended_by_cancel(how) ? ", " + cause(how) : "");
}

std::string not_brought_back(const result& how) {
  return upper(listed(how.rollback_failed)) + " could not be brought back";
}

std::string partial_words(const result& how) {
  return upper(how.phase) + (ended_by_cancel(how) ? " was " : " ") + cause(how)
         + (how.rollback_failed.empty() ? "" : ", " + not_brought_back(how))
         + ", manual intervention required; " + short_of(how.commit) + " runs on "
         + listed(how.systems_deployed);
}

std::string ending(const result& how) {
  if (!how.rollback_failed.empty())
    return "; " + not_brought_back(how) + ", manual intervention required";
  constexpr int person_needed = 2;
  return how.exit_code == person_needed ? "; manual intervention required" : "";
}

/// Of an alert's text what fits into a title.
std::string headline(const std::string& text) {
  constexpr std::size_t most = 120;
  auto line = text.substr(0, text.find('\n'));
  if (line.size() <= most)
    return line;
  auto end = most;
  while ((static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) // within a character
    --end;
  return line.substr(0, end) + "…";
}

/// `2026-01-31 09:05 UTC`
std::string minute_of(time_point at) {
  constexpr std::size_t date = 10;
  constexpr std::size_t clock = 5;
  const auto text = format_time(at);
  return text.substr(0, date) + " " + text.substr(date + 1, clock) + " UTC";
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
    const bool says_where = alert.text.find(alert.host) != std::string::npos;
    into.title = where() + ": " + std::string{to_string(alert.severity)} + ": "
                 + (says_where ? "" : alert.host + ": ") + headline(alert.text);
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

  void operator()(const event::message_given_up& lost) const {
    into.fleet = lost.fleet;
    into.title =
        lost.fleet + ": a message of " + lost.of_run + " was given up on channel " + lost.channel;
    into.text = lost.why + "\n";
    into.next = "baton alert list";
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
  if (*how.status == status::success)
    return "deployed " + short_of(how.commit) + " to " + listed(how.systems_deployed);
  const auto cancelled_later =
      how.cancelled && !ended_by_cancel(how) ? "; then cancelled by " + how.cancelled_by : "";
  switch (*how.status) {
  case status::partial_success:
    return partial_words(how) + cancelled_later;
  case status::rolled_back:
    return rolled_back_words(how) + (how.changed.empty() ? "" : ending(how)) + cancelled_later;
  case status::failed:
    return failed_words(how) + ending(how) + cancelled_later;
  default: // aborted
    return aborted_words(how) + ending(how) + cancelled_later;
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
    made.title =
        "reminder " + std::to_string(nth) + " of " + minute_of(what.at) + ": " + made.title;
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
