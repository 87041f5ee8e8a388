#include "tests/simulate/evidence.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

/// When a run waits, when it stops, and in which order it goes back.

namespace baton::simulate {

namespace {

class pauses {
public:
  explicit pauses(evidence& by) : by_{by} {}

  void judge() {
    for (const auto& one : by_.journal()) {
      at_ = one.at;
      std::visit([this](const auto& what) { see(what); }, one.what);
    }
    if (by_.told().cancelled && !cancelled_)
      by_.broken("cancelled is who was asked to stop");
  }

private:
  template <class Event>
  void see(const Event&) {}

  void see(const event::cancel_requested&) { cancelled_ = true; }

  /// Between half of what the policy says, and all of it.
  void see(const event::retry_scheduled& what) {
    const auto* phase = by_.find_phase(what.phase);
    if (!phase)
      return;
    const auto& by = phase->retry;
    const auto wanted =
        std::min(static_cast<double>(by.cap.count()),
                 static_cast<double>(by.base.count()) * std::pow(by.factor, what.attempt - 2));
    const auto waits = static_cast<double>((what.at - at_).count());
    if (waits < wanted / 2 - 2 || waits > wanted + 2)
      by_.broken("retries wait as the policy says: " + what.phase + " waits "
                 + std::to_string(static_cast<int>(waits)) + " ms");
    due_[{what.phase, what.of, what.attempt}] = what.at;
  }

  void see(const event::step_started& what) {
    const bool is_forward = by_.find_phase(what.phase) != nullptr;
    if (cancelled_ && is_forward)
      by_.broken("nothing new is begun after a cancel: " + what.phase + " "
                 + std::string{to_string(what.kind)});
    const auto due = due_.find({what.phase, what.of, what.attempt});
    if (due != due_.end() && at_ < due->second)
      by_.broken("retries wait as the policy says: " + what.phase + " begins too early");
  }

  void see(const event::rollback_started&) { last_back_ = by_.of().stages.size(); }

  void see(const event::phase_started& what) {
    const auto& all = by_.of().stages;
    for (std::size_t stage = 0; stage < all.size(); ++stage) {
      if ("rollback:" + all[stage].name != what.phase)
        continue;
      if (stage >= last_back_)
        by_.broken("stages go back in reverse order: " + what.phase);
      last_back_ = stage;
    }
  }

  evidence& by_;
  time_point at_;
  bool cancelled_ = false;
  std::size_t last_back_ = 0;
  std::map<std::tuple<std::string, unit_id, int>, time_point> due_;
};

} // namespace

void judge_pauses(evidence& by) {
  pauses{by}.judge();
}

} // namespace baton::simulate
