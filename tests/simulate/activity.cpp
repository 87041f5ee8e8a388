#include "tests/simulate/activity.hpp"

#include "tests/simulate/machine.hpp"
#include "tests/simulate/world.hpp"

#include "runtime/steps/step_text.hpp"

#include <algorithm>
#include <utility>

namespace baton::simulate {

namespace {

using outcome = std::optional<complaint>;

constexpr duration reboot_of_a_rewound{5'000};

/// Writes down what one step's script does. The machine may be another one later than the step's
/// own: a snapshot's tool runs where it runs.
class author {
public:
  author(world& in, machine& on, const step_script& script)
      : in_{in}, on_{on}, script_{script}, luck_{in.luck.of("step/" + script.id)} {}

  std::vector<deed> write() {
    switch (script_.kind) {
    case step_kind::resolve:
      return {fact(takes(50, 400), "commit", commit_of(script_.release))};
    case step_kind::inspect:
    case step_kind::gate:
    case step_kind::guard:
    case step_kind::verify:
    case step_kind::look:
      return {look()};
    case step_kind::baseline:
      return {baseline()};
    case step_kind::save_secrets:
      return {save_secrets()};
    case step_kind::sync_secrets:
      return sync_secrets();
    case step_kind::compare_secrets:
      return {compare_secrets()};
    case step_kind::put_back_secrets:
      return {put_back_secrets()};
    case step_kind::prepare:
      return {pause(takes(50, 2000)), prepare()};
    case step_kind::activate:
      return activate();
    case step_kind::restore:
      return restore();
    case step_kind::settle:
      return {settle()};
    case step_kind::run_tests:
      return {pause(takes(200, 10'000)),
              fact(takes(10, 100), "test_status", in_.tests_fail ? "1" : "0")};
    case step_kind::create_snapshot:
      return {create_snapshot()};
    case step_kind::restore_snapshot:
      return restore_snapshot();
    case step_kind::delete_snapshot:
      return {delete_snapshot()};
    default:
      return {};
    }
  }

private:
  duration takes(int least, int most) { return duration{luck_.between(least, most)}; }

  static deed pause(duration lasts) {
    return {lasts, [](std::string&) -> outcome { return std::nullopt; }};
  }

  deed doing(duration lasts, std::function<outcome(std::string&)> what) {
    return {lasts, std::move(what)};
  }

  deed fact(duration lasts, std::string key, std::string value) {
    return {lasts, [key = std::move(key), value = std::move(value)](std::string& facts) -> outcome {
              facts += encode_fact(key, value);
              return std::nullopt;
            }};
  }

  machine& of() { return in_.at(script_.host); }
  simulated_stack& stack() { return on_.stacks[script_.stack]; }

  deed look() {
    return doing(takes(10, 60), [this_ = *this](std::string& facts) mutable -> outcome {
      this_.tell_look(facts);
      return std::nullopt;
    });
  }

  void tell_look(std::string& facts) {
    if (script_.stack.empty())
      return;
    in_.note_look(script_);
    const auto& one = stack();
    const auto& files = one.files;
    const auto say = [&](std::string_view key, std::string_view value) {
      facts += encode_fact(key, value);
    };
    say("look.engine", "command");
    say("look.done", "yes");
    say("look.head", files.head);
    say("look.running", files.running);
    say("look.current", files.current);
    say("look.current_state", files.state_of(files.current));
    if (files.is_release(files.last_good))
      say("look.last_good", files.last_good);
    say("look.baseline_state", files.state_of("baseline"));
    say("look.baseline_healthy", "status");
    std::string commits, processes;
    for (const auto& [id, release] : files.releases)
      commits += id + ' ' + release.commit + '\n';
    int pid = 100;
    for (const auto& [release, since] : one.processes)
      processes +=
          std::to_string(++pid) + ' ' + std::to_string(since.count()) + ' ' + release + '\n';
    say("look.commits", commits);
    say("look.processes", processes);
    if (!files.running.empty())
      say("look.recorded", "1 1 " + files.running);
    say("look.status", in_.is_healthy(script_.host, script_.stack) ? "0" : "1");
    say("place", script_.host + ":" + script_.stack);
  }

  deed baseline() {
    return doing(takes(20, 100), [this_ = *this](std::string& facts) mutable -> outcome {
      auto& files = this_.stack().files;
      const auto state = files.state_of(files.current);
      const bool has_begun = !files.current.empty() && files.current != "baseline"
                             && (state == "activating" || state == "up" || state == "restoring");
      if (!files.is_release(files.last_good) && !has_begun) {
        const bool runs = !this_.stack().processes.empty();
        files.releases["baseline"] = {runs ? "up" : "none", files.head};
        if (runs)
          files.current = files.running = "baseline";
      }
      facts += encode_fact("baseline", files.state_of("baseline"));
      return std::nullopt;
    });
  }

  deed save_secrets() {
    return doing(takes(20, 80), [this_ = *this](std::string& facts) mutable -> outcome {
      if (this_.on_.saved_secrets.try_emplace(this_.script_.run, this_.on_.secrets).second)
        this_.in_.note_saved(this_.script_);
      facts += encode_fact("saved", "1");
      return std::nullopt;
    });
  }

  std::vector<deed> sync_secrets() {
    std::vector<deed> all;
    for (const auto& name : script_.hosts)
      all.push_back(doing(takes(30, 200), [this_ = *this, name](std::string&) mutable -> outcome {
        auto& to = this_.in_.at(name);
        if (&to != &this_.on_ && (!to.is_reachable() || to.disk_is_full()))
          return complaint{"secrets_failed", name + " cannot be written to", false};
        to.secrets = "new:" + this_.script_.run;
        this_.in_.note_secrets(name, this_.script_.run);
        return std::nullopt;
      }));
    return all;
  }

  deed compare_secrets() {
    return doing(takes(20, 60), [this_ = *this](std::string&) mutable -> outcome {
      if (this_.on_.secrets != "new:" + this_.script_.run)
        return complaint{"secrets_failed", "the secret files differ", false};
      return std::nullopt;
    });
  }

  void bring_back_saved() {
    const auto saved = on_.saved_secrets.find(script_.run);
    if (saved != on_.saved_secrets.end())
      on_.secrets = saved->second;
  }

  deed put_back_secrets() {
    return doing(takes(20, 80), [this_ = *this](std::string&) mutable -> outcome {
      const auto& run = this_.script_.run;
      if (this_.on_.put_back.contains(run))
        return std::nullopt;
      if (!this_.on_.saved_secrets.contains(run)) {
        if (this_.script_.saved)
          return complaint{"secrets_failed", "the secret files that were saved are gone", false};
        return std::nullopt;
      }
      this_.bring_back_saved();
      this_.on_.saved_secrets.erase(run);
      this_.on_.put_back.insert(run);
      return std::nullopt;
    });
  }

  deed prepare() {
    return doing(takes(50, 2000), [this_ = *this](std::string&) mutable -> outcome {
      auto& record = this_.stack().files.releases[this_.script_.release];
      if (record.state.empty())
        record.state = "prepared";
      record.commit = this_.script_.commit;
      return std::nullopt;
    });
  }

  void runs_now(const std::vector<std::string>& releases) {
    auto& all = stack().processes;
    std::map<std::string, duration> next;
    for (const auto& one : releases) {
      const auto known = all.find(one);
      next[one] = known == all.end() ? in_.clock.now() : known->second;
    }
    all = std::move(next);
    on_.note_serving(script_.stack, script_.run);
  }

  /// The old ones end first, or only when the new ones run.
  void replace_half(const std::string& release) {
    if (!in_.starts_first || stack().processes.empty()) {
      runs_now({});
      return;
    }
    std::vector<std::string> both{release};
    for (const auto& [old, since] : stack().processes)
      both.push_back(old);
    runs_now(both);
  }

  std::vector<deed> activate() {
    std::vector<deed> all;
    all.push_back(doing(takes(10, 60), [this_ = *this](std::string& facts) mutable -> outcome {
      auto& files = this_.stack().files;
      const auto& release = this_.script_.release;
      const auto state = files.state_of(release);
      if (state.empty()) {
        facts += encode_fact("untouched", "yes");
        return complaint{"step_failed", "the commit was not prepared", false};
      }
      this_.in_.note_touched(this_.script_);
      files.releases[release].state = "activating";
      files.current = release;
      files.head = this_.script_.commit;
      return std::nullopt;
    }));
    all.push_back(doing(takes(20, 800), [this_ = *this](std::string&) mutable -> outcome {
      this_.replace_half(this_.script_.release);
      return std::nullopt;
    }));
    all.push_back(doing(takes(20, 1500), [this_ = *this](std::string&) mutable -> outcome {
      this_.stack().files.running = this_.script_.release;
      this_.runs_now({this_.script_.release});
      return std::nullopt;
    }));
    all.push_back(doing(takes(5, 50), [this_ = *this](std::string&) mutable -> outcome {
      this_.stack().files.releases[this_.script_.release].state = "up";
      return std::nullopt;
    }));
    return all;
  }

  std::vector<deed> restore() {
    std::vector<deed> all;
    all.push_back(doing(takes(10, 60), [this_ = *this](std::string&) mutable -> outcome {
      auto& files = this_.stack().files;
      const auto state = files.state_of(this_.script_.release);
      this_.bring_back_saved();
      if (!this_.script_.rewound && (state.empty() || state == "prepared"))
        return std::nullopt; // not touched
      files.releases[this_.script_.release].state = "restoring";
      files.current = files.rollback_target();
      return std::nullopt;
    }));
    all.push_back(doing(takes(20, 1000), [this_ = *this](std::string&) mutable -> outcome {
      if (!this_.goes_back())
        return std::nullopt;
      this_.runs_now({});
      return std::nullopt;
    }));
    all.push_back(doing(takes(20, 1500), [this_ = *this](std::string& facts) mutable -> outcome {
      if (!this_.goes_back()) {
        facts += encode_fact("restored", "untouched");
        return std::nullopt;
      }
      auto& files = this_.stack().files;
      const auto target = files.rollback_target();
      files.running = target;
      if (!target.empty()) {
        files.head = files.releases[target].commit;
        this_.runs_now({target});
      }
      this_.bring_back_saved();
      files.releases[this_.script_.release].state = "restored";
      facts += encode_fact("restored", target.empty() ? "none" : target);
      return std::nullopt;
    }));
    return all;
  }

  bool goes_back() { return stack().files.state_of(script_.release) == "restoring"; }

  deed settle() {
    return doing(takes(20, 100), [this_ = *this](std::string&) mutable -> outcome {
      auto& files = this_.stack().files;
      const auto& release = this_.script_.release;
      bool done = false;
      if (this_.script_.fate == "good" && files.current == release) {
        files.releases[release].state = "good";
        files.last_good = release;
        done = true;
      } else {
        done = files.state_of(release) == "restored";
      }
      if (done) {
        this_.on_.saved_secrets.erase(this_.script_.run);
        this_.on_.put_back.erase(this_.script_.run);
      }
      return std::nullopt;
    });
  }

  deed create_snapshot() {
    return doing(takes(100, 3000), [this_ = *this](std::string& facts) mutable -> outcome {
      auto& whose = this_.of();
      whose.snapshots.try_emplace(this_.script_.snapshot, whose.image());
      facts += encode_fact("name", this_.script_.snapshot);
      return std::nullopt;
    });
  }

  std::vector<deed> restore_snapshot() {
    std::vector<deed> all;
    all.push_back(doing(takes(20, 100), [this_ = *this](std::string& facts) mutable -> outcome {
      if (!this_.of().snapshots.contains(this_.script_.snapshot)) {
        facts += encode_fact("untouched", "yes");
        return complaint{"snapshot_failed", "there is no such snapshot", false};
      }
      facts += encode_fact("name", this_.script_.snapshot);
      return std::nullopt;
    }));
    all.push_back(doing(takes(200, 5000), [this_ = *this](std::string&) mutable -> outcome {
      auto& whose = this_.of();
      whose.rewind_to(whose.snapshots.at(this_.script_.snapshot));
      if (whose.reboots_when_rewound && &whose != &this_.on_)
        whose.reboot(reboot_of_a_rewound);
      return std::nullopt;
    }));
    return all;
  }

  deed delete_snapshot() {
    return doing(takes(50, 300), [this_ = *this](std::string& facts) mutable -> outcome {
      if (this_.of().snapshots.erase(this_.script_.snapshot) > 0)
        facts += encode_fact("deleted", this_.script_.snapshot);
      return std::nullopt;
    });
  }

  static std::string commit_of(const std::string& release) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string made;
    auto bits = named_chance{1}.of(release);
    for (int digit = 0; digit < 40; ++digit)
      made += hex[static_cast<std::size_t>(bits.up_to(15))];
    return made;
  }

  world& in_;
  machine& on_;
  const step_script& script_;
  dice luck_;
};

deed that_fails(const step_script& script, bool retryable, bool untouched) {
  return {duration{10}, [script, retryable, untouched](std::string& facts) -> outcome {
            const bool says = script.kind == step_kind::activate
                              || script.kind == step_kind::create_snapshot
                              || script.kind == step_kind::restore_snapshot;
            if (untouched && says)
              facts += encode_fact("untouched", "yes");
            const char* code = script.kind == step_kind::run_tests ? "tests_failed" : "step_failed";
            return complaint{code, "something went wrong", retryable};
          }};
}

} // namespace

std::vector<deed> deeds_of(world& in, machine& on, const step_script& script, mishap bad) {
  auto all = author{in, on, script}.write();
  switch (bad) {
  case mishap::fails_at_once:
    return {that_fails(script, false, true)};
  case mishap::fails_half_way:
  case mishap::fails_for_now:
    all.resize((all.size() + 1) / 2);
    all.push_back(that_fails(script, bad == mishap::fails_for_now, false));
    return all;
  case mishap::fails_though_ok:
    all.push_back(that_fails(script, false, false));
    return all;
  case mishap::lies: {
    const bool can = script.kind == step_kind::activate || script.kind == step_kind::restore
                     || script.kind == step_kind::sync_secrets || script.kind == step_kind::prepare
                     || script.kind == step_kind::create_snapshot;
    if (!can)
      return all;
    // What lies is a tool; Baton's own script has brought back the secrets by then.
    all.resize(script.kind == step_kind::restore ? 1 : 0);
    return all;
  }
  case mishap::hangs:
  case mishap::hangs_hard:
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2),
               {duration{1'000'000'000}, [](std::string&) -> outcome { return std::nullopt; }});
    return all;
  case mishap::is_slow:
    for (auto& one : all)
      one.lasts *= 10;
    return all;
  default:
    return all;
  }
}

} // namespace baton::simulate
