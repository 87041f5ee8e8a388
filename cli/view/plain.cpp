#include "cli/view/plain.hpp"

#include "cli/view/model.hpp"
#include "cli/view/terminal.hpp"
#include "cli/view/text.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace baton {

namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t columns_max = 2000;

/// What goes on, for who has heard nothing for a while.
std::string sign_of_life(const view_model& view, time_point now) {
  constexpr std::size_t steps_max = 3;
  std::string text;
  const auto add = [&](const std::string& what) { text += (text.empty() ? ": " : ", ") + what; };
  std::size_t more = 0;
  for (const auto& [id, step] : view.active)
    if (++more <= steps_max)
      add(step.unit + " " + step.what + " for " + human_duration(now - step.since));
  for (const auto& line : view.phases)
    for (const auto& [unit, at] : line.retry_at)
      if (at && ++more <= steps_max)
        add(unit + " tries again in " + human_duration(*at - now));
  if (more > steps_max)
    text += " and " + std::to_string(more - steps_max) + " more";
  return "still at it" + text;
}

/// A record as a line for people; empty where it says nothing they need.
std::string line_of(const view_model& view, const record& what) {
  struct teller {
    const view_model& view;
    time_point at;

    std::string operator()(const event::run_requested& e) const {
      return "run " + e.plan->run + ": " + e.plan->request.commit_hash + " to "
             + e.plan->request.environment + " (times are UTC)";
    }
    std::string operator()(const event::phase_started& e) const { return e.phase + ": started"; }
    std::string operator()(const event::step_started& e) const {
      return e.phase + ": " + unit_name(*view.of, e.of) + ": " + std::string{to_string(e.kind)}
             + (e.attempt > 1 ? " (attempt " + std::to_string(e.attempt) + ")" : "");
    }
    std::string operator()(const event::step_ended& e) const {
      auto text =
          e.phase + ": " + unit_name(*view.of, e.of) + ": " + std::string{to_string(e.kind)};
      text += e.outcome.why ? " failed: " + describe(*e.outcome.why) : " ok";
      for (const auto& note : e.outcome.notes)
        text += "; " + note;
      return text;
    }
    std::string operator()(const event::step_stopped& e) const {
      return e.phase + ": " + unit_name(*view.of, e.of) + ": stopping "
             + std::string{to_string(e.kind)};
    }
    std::string operator()(const event::retry_scheduled& e) const {
      return e.phase + ": " + unit_name(*view.of, e.of) + ": attempt " + std::to_string(e.attempt)
             + " follows in " + human_duration(e.at - at);
    }
    std::string operator()(const event::retry_due&) const { return ""; }
    std::string operator()(const event::phase_ended& e) const {
      return e.phase + ": " + std::string{to_string(e.outcome)};
    }
    std::string operator()(const event::rollback_started& e) const {
      std::string hosts;
      for (const auto of : e.units)
        hosts += (hosts.empty() ? "" : ", ") + unit_name(*view.of, of);
      return "rolling back after " + e.phase + ": "
             + (hosts.empty() ? "nothing was changed" : hosts);
    }
    std::string operator()(const event::cancel_requested& e) const {
      return "cancelled by " + e.by;
    }
    std::string operator()(const event::alert_raised& e) const {
      return "ALERT " + std::string{to_string(e.severity)} + ": " + e.text;
    }
    std::string operator()(const event::run_finished& e) const {
      return "finished: "
             + std::string{e.result->status ? to_string(*e.result->status) : "unfinished"};
    }
    // Of no run.
    std::string operator()(const event::message_sent&) const { return ""; }
    std::string operator()(const event::message_failed&) const { return ""; }
    std::string operator()(const event::message_given_up&) const { return ""; }
    std::string operator()(const event::channel_stopped&) const { return ""; }
    std::string operator()(const event::channel_resumed&) const { return ""; }
    std::string operator()(const event::acknowledged&) const { return ""; }
    std::string operator()(const event::act_began&) const { return ""; }
    std::string operator()(const event::act_ended&) const { return ""; }
  };
  return std::visit(teller{view, what.at}, what.what);
}

} // namespace

struct plain_view::impl {
  const int fd;
  const duration heartbeat;
  std::mutex mutex; // for all below but the thread
  std::condition_variable ended;
  view_model view;
  steady::time_point last = steady::now();
  bool done = false;
  std::thread heart;

  impl(int to, duration every) : fd{to}, heartbeat{every} {}

  void say(time_point at, const std::string& text) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(at - day)};
    const auto two = [](auto n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    write_all(fd, two(clock.hours().count()) + ":" + two(clock.minutes().count()) + ":"
                      + two(clock.seconds().count()) + " " + printable(text, columns_max) + "\n");
    last = steady::now();
  }

  void beat() {
    std::unique_lock lock{mutex};
    while (!done) {
      ended.wait_until(lock, last + heartbeat, [this] { return done; });
      if (done || steady::now() < last + heartbeat)
        continue;
      const auto now = std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
      say(now, sign_of_life(view, now));
    }
  }
};

plain_view::plain_view(int fd, duration heartbeat) : impl_{std::make_unique<impl>(fd, heartbeat)} {
  impl_->heart = std::thread{[this] { impl_->beat(); }};
}

plain_view::~plain_view() {
  {
    std::lock_guard lock{impl_->mutex};
    impl_->done = true;
  }
  impl_->ended.notify_all();
  impl_->heart.join();
}

void plain_view::on_record(const record& what) {
  std::lock_guard lock{impl_->mutex};
  fold_record(impl_->view, what);
  if (auto line = line_of(impl_->view, what); !line.empty())
    impl_->say(what.at, line);
}

} // namespace baton
