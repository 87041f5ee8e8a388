#include "runtime/steps/control_shell.hpp"

#include "runtime/fault.hpp"
#include "runtime/steps/shell_answers.hpp"
#include "runtime/steps/shell_frames.hpp"
#include "runtime/steps/shell_numbers.hpp"
#include "runtime/steps/shell_program.hpp"
#include "runtime/steps/step_name.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <utility>

namespace baton {

namespace {

constexpr std::uint32_t log_bytes_max = 1024 * 1024;
constexpr std::uint32_t facts_bytes_max = 1024 * 1024;
constexpr std::size_t list_bytes_max = 4 * 1024 * 1024;
constexpr std::size_t text_bytes_max = 64 * 1024; // a refusal's reason, an owner's line
constexpr std::size_t script_bytes_max = 4 * 1024 * 1024;
constexpr std::size_t owner_bytes_max = 4 * 1024;
constexpr std::size_t id_bytes_max = 200;
constexpr std::size_t hints_max = 4096;
constexpr std::size_t request_line_usual = 256;
constexpr std::uint64_t log_kept_min = 64 * 1024;
constexpr std::uint64_t deadline_seconds_max = 30ULL * 24 * 3600;

using frame = shell_frames::frame;

constexpr auto senseless_lease = "a lease needs a run and an owner of one line";

bool is_owner_line(std::string_view text) {
  return !text.empty() && text.size() <= owner_bytes_max
         && text.find_first_of(std::string_view{"\n\0", 2}) == std::string_view::npos;
}

bool is_good(const lease_request& what) {
  return !what.run.empty() && is_owner_line(what.owner);
}

std::string seconds_text(std::chrono::milliseconds time) {
  if (time.count() <= 0)
    return "0";
  const auto millis = std::to_string(time.count() % 1000);
  return std::to_string(time.count() / 1000) + '.' + std::string(3 - millis.size(), '0') + millis;
}

} // namespace

std::string random_nonce() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::random_device device;
  std::string nonce;
  for (int word = 0; word < 4; ++word) {
    auto bits = device();
    for (int digit = 0; digit < 8; ++digit, bits >>= 4U)
      nonce += digits[bits & 15U];
  }
  return nonce;
}

struct control_shell::state {
  struct waiting {
    std::uint64_t id;
    std::size_t payload_max;
    std::string step; ///< for errors
    std::function<void(expected<frame>)> answer;
  };

  options how;
  std::string nonce; ///< names things on the target; the marker is known to nobody there
  shell_frames frames;
  std::deque<waiting> pending;
  std::optional<error> broken;
  std::function<void(const std::string&)> hint;
  std::map<std::uint64_t, std::string> started; ///< steps that may still give a hint
  std::uint64_t next_id = 2;
  std::uint64_t attempts = 0;

  explicit state(options given)
      : how{std::move(given)}, nonce{random_nonce().substr(0, 16)}, frames{how.nonce} {}

  std::string send(std::string_view operation, const std::vector<std::string>& arguments,
                   std::string_view payload, std::size_t payload_max, std::string step,
                   std::function<void(expected<frame>)> answer) {
    if (broken) {
      answer(tl::unexpected<error>{*broken});
      return {};
    }
    const auto id = std::to_string(next_id);
    std::string bytes;
    bytes.reserve(payload.size() + request_line_usual);
    bytes += id;
    bytes += ' ';
    bytes += operation;
    bytes += ' ';
    bytes += std::to_string(payload.size());
    for (const auto& argument : arguments) {
      bytes += ' ';
      bytes += argument;
    }
    bytes += '\n';
    bytes += payload;
    bytes += "end ";
    bytes += id;
    bytes += '\n';
    pending.push_back({next_id++, payload_max, std::move(step), std::move(answer)});
    allow();
    return bytes;
  }

  /// All of one length: the supervisors look for them in environments.
  std::string next_attempt() {
    auto number = std::to_string(++attempts);
    return nonce + '.' + std::string(12 - std::min<std::size_t>(number.size(), 12), '0') + number;
  }

  /// Room for the answer that is waited for, or for none.
  void allow() {
    const auto room = pending.empty() ? std::size_t{0} : pending.front().payload_max;
    frames.payload_max(room + text_bytes_max);
  }

  error refused(frame& from, const std::string& step) const {
    const std::string word = from.words.size() > 1 ? from.words[1] : "fail";
    auto made =
        make_error(code_of_refusal(word), std::string{without_end(from.payload)}, how.target);
    made.step = step;
    return made;
  }

  error garbled() const {
    return make_error(ec::connection_lost, "the control shell's answer cannot be understood",
                      how.target);
  }

  /// A callback for the raw answer that decodes it and passes it on.
  template <class T, class Decode>
  std::function<void(expected<frame>)> decoding(callback<T> answer, std::string step,
                                                Decode decode) {
    return [this, answer = std::move(answer), step = std::move(step),
            decode = std::move(decode)](expected<frame> got) {
      if (!got)
        return answer(tl::unexpected<error>{std::move(got.error())});
      if (!got->words.empty() && got->words[0] == "no")
        return answer(tl::unexpected<error>{refused(*got, step)});
      auto value =
          !got->words.empty() && got->words[0] == "ok" ? decode(*got) : decltype(decode(*got)){};
      if (!value) {
        give_up(garbled());
        return answer(tl::unexpected<error>{*broken});
      }
      if constexpr (std::is_void_v<T>)
        answer({});
      else
        answer(std::move(*value));
    };
  }

  void give_up(error why) {
    if (!broken)
      broken = std::move(why);
  }

  void fail_pending() {
    while (!pending.empty()) {
      auto first = std::move(pending.front());
      pending.pop_front();
      auto why = *broken;
      why.step = first.step;
      first.answer(tl::unexpected<error>{std::move(why)});
    }
    started.clear();
  }

  void heard(std::uint64_t id) {
    const auto found = started.find(id);
    if (found == started.end())
      return;
    // Its own answer is still to come and may tell the end: see settled().
    const bool answered = std::none_of(pending.begin(), pending.end(),
                                       [&](const waiting& each) { return each.id == id; });
    if (!answered) {
      early.push_back(id);
      return;
    }
    const auto step = std::move(found->second);
    started.erase(found);
    if (hint)
      hint(step);
  }

  /// A start was answered: a hint that came before is due, unless the answer told the end.
  void settled(std::uint64_t id, const expected<step_report>& report) {
    const bool over =
        !report || (report->state != step_state::running && report->state != step_state::settling);
    const bool hinted = std::erase(early, id) > 0;
    if (over)
      started.erase(id);
    else if (hinted)
      heard(id);
  }

  std::vector<std::uint64_t> early;
};

control_shell::control_shell(options how) {
  if (how.nonce.empty())
    how.nonce = random_nonce();
  state_ = std::make_unique<state>(std::move(how));
}

control_shell::~control_shell() = default;

const std::optional<error>& control_shell::broken() const {
  return state_->broken;
}

std::size_t control_shell::pending() const {
  return state_->pending.size();
}

void control_shell::on_step_over(std::function<void(const std::string&)> hint) {
  state_->hint = std::move(hint);
}

std::string control_shell::bootstrap(callback<shell_facts> ready) {
  auto& my = *state_;
  if (my.broken) {
    ready(tl::unexpected<error>{*my.broken});
    return {};
  }
  my.pending.push_back(
      {0, text_bytes_max, {}, my.decoding<shell_facts>(std::move(ready), {}, facts_of)});
  my.allow();
  return control_program(my.how.nonce, my.nonce, my.how.state_dir);
}

void control_shell::feed(std::string_view bytes) {
  auto& my = *state_;
  if (my.broken)
    return;
  my.frames.feed(bytes);
  frame got;
  while (my.frames.next(got, [&](std::uint64_t id) { my.heard(id); })) {
    if (my.pending.empty() || my.pending.front().id != got.id) {
      my.give_up(my.garbled());
      break;
    }
    auto first = std::move(my.pending.front());
    my.pending.pop_front();
    my.allow();
    first.answer(std::move(got));
    if (my.broken)
      break;
    got = {};
  }
  if (!my.broken && !my.frames.broken().empty())
    my.give_up(make_error(ec::connection_lost,
                          "the control shell does not keep to the protocol: " + my.frames.broken(),
                          my.how.target));
  if (my.broken)
    my.fail_pending();
}

void control_shell::lost(const error& why) {
  state_->give_up(why);
  state_->fail_pending();
}

std::string control_shell::lease_acquire(const lease_request& what, callback<lease_report> answer) {
  if (!is_good(what)) {
    answer(fault(ec::internal, senseless_lease, state_->how.target));
    return {};
  }
  return state_->send(
      "acquire",
      {encode_word(what.run), std::to_string(what.fence_at_least), what.again ? "again" : "new"},
      what.owner, text_bytes_max, {},
      state_->decoding<lease_report>(std::move(answer), {}, lease_of));
}

std::string control_shell::lease_take(const lease_succession& what, callback<lease_report> answer) {
  if (!is_good(what.mine) || what.from.empty()) {
    answer(fault(ec::internal, senseless_lease, state_->how.target));
    return {};
  }
  return state_->send("take",
                      {encode_word(what.mine.run), std::to_string(what.mine.fence_at_least),
                       encode_word(what.from), std::to_string(what.fence),
                       std::to_string(what.silent_seconds)},
                      what.mine.owner, text_bytes_max, {},
                      state_->decoding<lease_report>(std::move(answer), {}, lease_of));
}

std::string control_shell::lease_ended(std::string_view run, std::uint64_t fence,
                                       std::string_view old_run, callback<void> answer) {
  return state_->send("ended", {encode_word(run), std::to_string(fence), encode_word(old_run)}, {},
                      text_bytes_max, {}, state_->decoding<void>(std::move(answer), {}, [](frame&) {
                        return std::optional{true};
                      }));
}

std::string control_shell::lease_heartbeat(std::string_view run, std::uint64_t fence,
                                           std::string_view owner, callback<void> answer) {
  if (!owner.empty() && !is_owner_line(owner)) {
    answer(fault(ec::internal, senseless_lease, state_->how.target));
    return {};
  }
  return state_->send(
      "heartbeat", {encode_word(run), std::to_string(fence)}, owner, text_bytes_max, {},
      state_->decoding<void>(std::move(answer), {}, [](frame&) { return std::optional{true}; }));
}

std::string control_shell::lease_release(std::string_view run, std::uint64_t fence,
                                         callback<void> answer) {
  return state_->send(
      "release", {encode_word(run), std::to_string(fence)}, {}, text_bytes_max, {},
      state_->decoding<void>(std::move(answer), {}, [](frame&) { return std::optional{true}; }));
}

std::string control_shell::lease_show(callback<lease_report> answer) {
  return state_->send("show", {}, {}, text_bytes_max, {},
                      state_->decoding<lease_report>(std::move(answer), {}, lease_of));
}

std::string control_shell::lease_break(callback<lease_report> answer, std::string_view run,
                                       std::uint64_t fence) {
  std::vector<std::string> from;
  if (!run.empty())
    from = {encode_word(run), std::to_string(fence)};
  return state_->send("break", from, {}, text_bytes_max, {},
                      state_->decoding<lease_report>(std::move(answer), {}, lease_of));
}

namespace {

/// The words of a step id, or an error for the callback.
expected<step_name> named(std::string_view id, const std::string& target) {
  if (auto name = id.size() <= id_bytes_max ? name_step(id) : std::nullopt)
    return std::move(*name);
  return fault(ec::internal, "a step cannot have the id " + std::string{id.substr(0, 64)}, target);
}

} // namespace

std::string control_shell::start(const step_start& what, callback<step_report> answer) {
  auto& my = *state_;
  const auto name = named(what.id, my.how.target);
  if (!name) {
    answer(tl::unexpected<error>{name.error()});
    return {};
  }
  if (what.script.size() > script_bytes_max) {
    answer(fault(ec::internal, "the script of step " + what.id + " is longer than 4 MiB",
                 my.how.target));
    return {};
  }
  const auto seconds = [](std::chrono::seconds time, std::int64_t least) {
    return std::to_string(std::clamp<std::int64_t>(
        time.count(), least, static_cast<std::int64_t>(deadline_seconds_max)));
  };
  const bool effect = what.kind == step_mode::effect;
  const auto log_max = std::min(what.log_max, log_bytes_max);
  const auto id = my.next_id;
  if (my.started.size() >= hints_max)
    my.started.erase(my.started.begin());
  if (!my.broken)
    my.started.emplace(id, what.id);
  callback<step_report> settle = [&my, id,
                                  answer = std::move(answer)](const expected<step_report>& got) {
    answer(got);
    my.settled(id, got);
  };
  return my.send("start",
                 {effect ? "effect" : "look", name->run, name->step, std::to_string(what.fence),
                  seconds(what.deadline, 1), seconds(what.grace, 0),
                  std::to_string(std::max(what.log_bytes_max, log_kept_min)),
                  seconds_text(what.wait), std::to_string(log_max), my.next_attempt()},
                 step_program(what.id, what.script), log_max, what.id,
                 my.decoding<step_report>(std::move(settle), what.id, report_of));
}

std::string control_shell::poll(std::string_view id, std::uint64_t log_offset,
                                std::uint32_t log_max, callback<step_report> answer) {
  auto& my = *state_;
  const auto name = named(id, my.how.target);
  if (!name) {
    answer(tl::unexpected<error>{name.error()});
    return {};
  }
  const auto most = std::min(log_max, log_bytes_max);
  return my.send("poll", {name->run, name->step, std::to_string(log_offset), std::to_string(most)},
                 {}, most, std::string{id},
                 my.decoding<step_report>(std::move(answer), std::string{id}, report_of));
}

std::string control_shell::kill(std::string_view id, callback<step_report> answer) {
  auto& my = *state_;
  const auto name = named(id, my.how.target);
  if (!name) {
    answer(tl::unexpected<error>{name.error()});
    return {};
  }
  return my.send("kill", {name->run, name->step}, {}, 0, std::string{id},
                 my.decoding<step_report>(std::move(answer), std::string{id}, report_of));
}

std::string control_shell::read_facts(std::string_view id, callback<step_facts_text> answer) {
  auto& my = *state_;
  const auto name = named(id, my.how.target);
  if (!name) {
    answer(tl::unexpected<error>{name.error()});
    return {};
  }
  return my.send("facts", {name->run, name->step, std::to_string(facts_bytes_max + 1)}, {},
                 facts_bytes_max + 1, std::string{id},
                 my.decoding<step_facts_text>(std::move(answer), std::string{id}, [](frame& from) {
                   step_facts_text facts{std::move(from.payload), false};
                   facts.cut = facts.text.size() > facts_bytes_max;
                   if (facts.cut)
                     facts.text.resize(facts_bytes_max);
                   return std::optional{std::move(facts)};
                 }));
}

std::string control_shell::forget(std::string_view id, callback<void> answer) {
  auto& my = *state_;
  const auto name = named(id, my.how.target);
  if (!name) {
    answer(tl::unexpected<error>{name.error()});
    return {};
  }
  return my.send("forget", {name->run, name->step}, {}, text_bytes_max, std::string{id},
                 my.decoding<void>(std::move(answer), std::string{id},
                                   [](frame&) { return std::optional{true}; }));
}

std::string control_shell::list(std::string_view run, callback<std::vector<step_entry>> answer) {
  return state_->send("list", {encode_word(run)}, {}, list_bytes_max, {},
                      state_->decoding<std::vector<step_entry>>(
                          std::move(answer), {},
                          [run = std::string{run}](frame& from) { return entries_of(run, from); }));
}

std::string control_shell::prune(std::uint32_t keep, callback<std::uint32_t> answer) {
  return state_->send("prune", {std::to_string(keep)}, {}, text_bytes_max, {},
                      state_->decoding<std::uint32_t>(
                          std::move(answer), {}, [](frame& from) -> std::optional<std::uint32_t> {
                            if (from.words.size() != 2)
                              return std::nullopt;
                            return parse_number<std::uint32_t>(from.words[1]);
                          }));
}

} // namespace baton
