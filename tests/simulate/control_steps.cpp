#include "tests/simulate/control_server.hpp"
#include "tests/simulate/machine.hpp"
#include "tests/simulate/process.hpp"
#include "tests/simulate/world.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

/// What control_steps.sh does.

namespace baton::simulate {

namespace {

constexpr int stale = 201;

template <class T>
T number_of(const std::string& text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string step_of(const std::vector<std::string>& arguments, std::size_t first = 0) {
  return arguments[first] + ' ' + arguments[first + 1];
}

std::string status_text(int code) {
  char text[16] = "-";
  if (code >= 0)
    std::snprintf(text, sizeof text, "%03d", code);
  return text;
}

} // namespace

control_server::judgement control_server::judge(const std::string& step) {
  judgement made;
  auto& all = folder().steps;
  const auto found = all.find(step);
  if (found == all.end())
    return made;
  auto& one = found->second;
  made.record = &one;
  const auto runs = on_.processes.find(one.attempt);
  const auto* alive = runs == on_.processes.end() ? nullptr : runs->second.get();
  made.code = one.end.value_or(-1);
  if (!one.claimed) {
    if (alive && alive->supervisor_lives())
      made.state = "running";
    else if (one.end)
      made.state = "refused";
    return made;
  }
  if (one.end) {
    const bool settles = !one.is_over && alive && alive->supervisor_lives();
    made.state = settles ? "settling" : "done";
  } else if (one.boot != on_.boot()) {
    made.state = "rebooted";
  } else if (alive && alive->leader_lives()) {
    made.state = "running";
  } else if (alive && alive->worker_lives()) {
    made.state = "orphan";
  } else {
    made.state = "lost";
  }
  return made;
}

// STATE CODE WHY LEFT CUT LOG-AT LOG-MORE STARTED
void control_server::report(const request& to, const std::string& step, std::uint64_t offset,
                            std::uint64_t most, bool started) {
  const auto is = judge(step);
  std::string log;
  if (is.record && is.state != "absent" && offset < is.record->log.size())
    log = is.record->log.substr(offset, most);
  const bool more = is.record && offset + log.size() < is.record->log.size() && most > 0;
  answer(to,
         "ok " + is.state + ' ' + status_text(is.code) + ' ' + (is.record ? is.record->why : "-")
             + " 0 0 " + std::to_string(offset) + (more ? " 1 " : " 0 ") + (started ? "1" : "0"),
         log);
}

// KIND RUN STEP FENCE DEADLINE GRACE CAP WAIT LOG-MAX ATTEMPT
void control_server::start(const request& what) {
  const auto& word = what.arguments;
  const auto step = step_of(word, 1);
  const auto log_max = number_of<std::uint64_t>(word[8]);
  if (const auto is = judge(step); is.state != "absent" && is.state != "refused") {
    report(what, step, 0, log_max, false);
    return;
  }
  const bool is_look = word[0] == "look";
  const auto fence = number_of<std::uint64_t>(word[3]);
  if (!is_look && fence != folder().fence) {
    in_.tell(on_.name(), word[1] + ' ' + word[2] + " is refused: its fence is stale");
    answer(what, "ok refused " + std::to_string(stale) + " - 0 0 0 0 0");
    return;
  }
  if (on_.disk_is_full()) {
    refuse(what, "nospace", "mkdir: cannot create directory: No space left on device");
    return;
  }
  auto script = read_script(what.payload);
  if (!script) {
    in_.break_promise("a step comes without a script for the model: " + step);
    return;
  }
  step_record fresh;
  fresh.is_look = is_look;
  fresh.attempt = word[9];
  fresh.boot = on_.boot();
  folder().steps[step] = fresh;
  process::start how;
  how.folder = path_;
  how.step = step;
  how.attempt = fresh.attempt;
  how.fence = fence;
  how.is_look = is_look;
  how.deadline = duration{number_of<std::int64_t>(word[4]) * 1000};
  how.grace = duration{number_of<std::int64_t>(word[5]) * 1000};
  how.script = std::move(*script);
  // Whichever comes first ends the waiting: the step is over, or the time is.
  const auto answered = std::make_shared<bool>(false);
  busy_ = true;
  const auto go_on = [weak = weak_from_this(), answered, id = what.id, step, log_max] {
    const auto self = weak.lock();
    if (!self || std::exchange(*answered, true))
      return;
    self->report({id, {}, {}, {}}, step, 0, log_max, true);
    self->busy_ = false;
    self->work();
  };
  how.hint = [weak = weak_from_this(), go_on, id = what.id] {
    if (const auto self = weak.lock())
      self->say_(self->marker_ + " ! " + id + '\n');
    go_on();
  };
  const auto runs = std::make_shared<process>(in_, on_, std::move(how));
  on_.processes[fresh.attempt] = runs;
  runs->begin();
  in_.clock.after(duration{50}, go_on);
}

void control_server::kill(const request& what) {
  const auto step = step_of(what.arguments);
  const auto is = judge(step);
  if (is.record)
    if (const auto runs = on_.processes.find(is.record->attempt); runs != on_.processes.end()) {
      const auto whom = runs->second;
      whom->stop("kill");
    }
  report(what, step, 0, 0, false);
}

void control_server::facts(const request& what) {
  const auto is = judge(step_of(what.arguments));
  const bool may_still_write = is.state == "running" || is.state == "orphan";
  answer(what, "ok", is.record && !may_still_write ? is.record->facts : std::string{});
}

void control_server::list(const request& what) {
  std::string lines;
  const auto of_run = what.arguments[0] + ' ';
  const auto& all = folder().steps;
  for (auto at = all.lower_bound(of_run); at != all.end() && at->first.starts_with(of_run); ++at) {
    const auto is = judge(at->first);
    lines += (at->second.is_look ? "look " : "effect ") + at->first.substr(of_run.size()) + ' '
             + is.state + ' ' + (is.code >= 0 ? std::to_string(is.code) : "-") + '\n';
  }
  answer(what, "ok", lines);
}

void control_server::forget(const request& what) {
  const auto step = step_of(what.arguments);
  const auto is = judge(step);
  if (is.state == "running" || is.state == "orphan" || is.state == "settling") {
    refuse(what, "busy", "the step is still running");
    return;
  }
  folder().steps.erase(step);
  answer(what, "ok");
}

} // namespace baton::simulate
