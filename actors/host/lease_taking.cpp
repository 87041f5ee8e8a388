#include "actors/host/lease_taking.hpp"

#include "runtime/fault.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace baton {

namespace {

/// A step that is told to end has some seconds for it, before it is killed.
constexpr duration ending_patience{20'000};
constexpr duration ending_poll{250};

error held_by(const std::string& target, const lease_owner& owner, succession what) {
  const auto release = "`baton lease release " + target + "`";
  const auto way = what == succession::resume
                       ? "that run was cut off: `baton resume " + owner.run + "`, or " + release
                       : "wait for it (`deploy --queue`); when it is dead: " + release
                             + ", or the next run takes it over";
  return make_error(ec::lease_held, target + " is leased by " + describe(owner) + "; " + way,
                    target);
}

std::vector<std::string> still_running(const std::vector<step_entry>& known) {
  std::vector<std::string> ids;
  for (const auto& one : known)
    if (one.kind == step_mode::effect
        && (one.state == step_state::running || one.state == step_state::settling))
      ids.push_back(one.id);
  return ids;
}

/// Kills, looks, and kills again: a control shell is asked, so nothing blocks.
struct ending : std::enable_shared_from_this<ending> {
  ending(link& with, timers by, std::string of,
         std::function<void(expected<std::vector<std::string>>)> done)
      : over{with}, clock{std::move(by)}, run{std::move(of)}, then{std::move(done)} {}

  void look() {
    if (!over.ready()) {
      then(fault(ec::connection_lost, "the connection was lost while steps were ended"));
      return;
    }
    over.send(over.shell().list(
        run, [self = shared_from_this()](const expected<std::vector<step_entry>>& known) {
          if (!known)
            self->then(tl::unexpected<error>{known.error()});
          else
            self->end(still_running(*known));
        }));
  }

  void end(const std::vector<std::string>& left) {
    if (left.empty() || clock.now() >= until) {
      then(left);
      return;
    }
    for (const auto& id : left)
      over.send(over.shell().kill(id, [](const expected<step_report>&) {}));
    clock.later(ending_poll, [self = shared_from_this()] { self->look(); });
  }

  link& over;
  timers clock;
  std::string run;
  std::function<void(expected<std::vector<std::string>>)> then;
  duration until = clock.now() + ending_patience;
};

struct taking : std::enable_shared_from_this<taking> {
  taking(link& with, timers by) : over{with}, clock{std::move(by)} {}

  void acquire() {
    over.send(over.shell().lease_acquire(
        what, [self = shared_from_this()](const expected<lease_report>& answer) {
          self->answered(answer, false);
        }));
  }

  void answered(const expected<lease_report>& answer, bool has_tried) {
    if (!answer)
      return then(tl::unexpected<error>{answer.error()});
    if (!answer->holder)
      return have(*answer);
    const auto& owner = *answer->holder;
    const auto verdict = judge ? judge(owner) : succession::wait;
    if (verdict != succession::take || has_tried)
      return then(tl::unexpected<error>{held_by(target, owner, verdict)});
    lease_succession from;
    from.mine = what;
    from.from = owner.run;
    from.fence = answer->fence;
    from.silent_seconds = static_cast<std::uint64_t>(owner.silent);
    over.send(over.shell().lease_take(
        from, [self = shared_from_this()](const expected<lease_report>& now) {
          self->answered(now, true);
        }));
  }

  void have(const lease_report& report) {
    made.fence = report.fence;
    for (const auto& one : report.to_end)
      if (one.run != what.run)
        made.from.push_back(one);
    end_next(0);
  }

  void end_next(std::size_t nth) {
    if (nth == made.from.size())
      return then(made);
    end_steps_of(over, clock, made.from[nth].run,
                 [self = shared_from_this(), nth](const expected<std::vector<std::string>>& left) {
                   self->ended(nth, left);
                 });
  }

  void ended(std::size_t nth, const expected<std::vector<std::string>>& left) {
    if (!left)
      return then(tl::unexpected<error>{left.error()});
    if (!left->empty())
      return then(fault(ec::step_failed,
                        fmt::format("what {} has begun there still runs, and does not end: {}",
                                    name_of(made.from[nth]), fmt::join(*left, ", ")),
                        target));
    over.send(
        over.shell().lease_ended(what.run, made.fence, made.from[nth].run,
                                 [self = shared_from_this(), nth](const expected<void>& done) {
                                   if (!done)
                                     self->then(tl::unexpected<error>{done.error()});
                                   else
                                     self->end_next(nth + 1);
                                 }));
  }

  link& over;
  timers clock;
  std::string target;
  lease_request what;
  std::function<succession(const lease_owner&)> judge;
  std::function<void(expected<taken_lease>)> then;
  taken_lease made;
};

} // namespace

void take_lease(link& over, const timers& clock, const std::string& target,
                const lease_request& what, std::function<succession(const lease_owner&)> judge,
                std::function<void(expected<taken_lease>)> then) {
  const auto work = std::make_shared<taking>(over, clock);
  work->target = target;
  work->what = what;
  work->judge = std::move(judge);
  work->then = std::move(then);
  work->acquire();
}

void end_steps_of(link& over, const timers& clock, const std::string& run,
                  std::function<void(expected<std::vector<std::string>>)> then) {
  std::make_shared<ending>(over, clock, run, std::move(then))->look();
}

std::string told_of(const std::string& target, const std::vector<lease_owner>& from) {
  std::string whose;
  for (const auto& one : from)
    whose += (whose.empty() ? "" : ", ") + name_of(one);
  return target + " was taken over from " + whose
         + ", which is dead: what still ran there has been ended, what it had done stays as it "
           "left it";
}

} // namespace baton
