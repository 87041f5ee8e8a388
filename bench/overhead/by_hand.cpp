// by_hand COMMANDS WAYS RUN CONTROLLER-FOLDER: sends the commands of a run again, as one would by
// hand who knows the step protocol well: all sessions made at the same time, one libssh session
// and one control shell for each host, every part's lanes at the same time, the next step as soon
// as the last one's exit status is there. Nothing is journaled, judged or decided, no facts are
// read, no output is shown. The steps get ids of their own: RUN stands for the recorded run's id.
#include "bench/overhead/commands.hpp"
#include "bench/overhead/line.hpp"

#include "runtime/steps/control_shell.hpp"

#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <utility>

namespace baton::overhead {
namespace {

constexpr int silence_max_ms = 30'000;

[[noreturn]] void give_up(const std::string& why) {
  throw std::runtime_error{why};
}

template <class T>
const T& must(const expected<T>& got) {
  if (!got)
    give_up(describe(got.error()));
  return *got;
}

/// A target with its control shell.
class target {
public:
  target(std::unique_ptr<line> to, std::string state_dir, std::function<void()> ready)
      : line_{std::move(to)}, shell_{{std::move(state_dir), {}, {}}} {
    line_->write(shell_.bootstrap([ready = std::move(ready)](const expected<shell_facts>& facts) {
      must(facts);
      ready();
    }));
    shell_.on_step_over([this](const std::string& id) {
      if (auto waiting = running_.extract(id))
        waiting.mapped()();
      else
        hinted_.insert(id); // an answer is on its way that may not know it yet
    });
  }

  void carry_out(const command& what, const std::string& run, const std::function<void()>& then) {
    if (what.verb == "acquire") {
      acquire(run, then);
    } else if (what.verb == "release") {
      line_->write(shell_.lease_release(run, fence_, [then](const expected<void>& done) {
        if (!done)
          give_up(describe(done.error()));
        then();
      }));
    } else {
      start(what, then);
    }
  }

  void acquire(const std::string& run, const std::function<void()>& then) {
    line_->write(
        shell_.lease_acquire({run, "by hand", 0}, [this, then](const expected<lease_report>& got) {
          if (must(got).holder)
            give_up("leased by " + got->holder->run);
          fence_ = got->fence;
          then();
        }));
  }

  void go_on() {
    line_->go_on([this](std::string_view bytes) {
      shell_.feed(bytes);
      if (shell_.broken())
        give_up(describe(*shell_.broken()));
    });
  }

  pollfd waits() { return line_->waits(); }
  bool fresh() const { return line_->fresh(); }

private:
  void start(const command& what, const std::function<void()>& then) {
    step_start asked;
    asked.id = what.id;
    asked.script = what.script;
    asked.kind = what.verb == "look" ? step_mode::look : step_mode::effect;
    asked.fence = fence_;
    asked.deadline = std::chrono::seconds{what.deadline_seconds};
    line_->write(shell_.start(asked, [=, this](const expected<step_report>& report) {
      on_report(what.id, asked.kind, must(report), then);
    }));
  }

  void on_report(const std::string& id, step_mode kind, const step_report& report,
                 const std::function<void()>& then) {
    if (report.state == step_state::running || report.state == step_state::settling
        || report.log_more) {
      auto poll = [=, this, from = report.log_end()] {
        line_->write(shell_.poll(id, from, 64 * 1024, [=, this](const expected<step_report>& more) {
          on_report(id, kind, must(more), then);
        }));
      };
      if (report.state == step_state::running && !report.log_more && hinted_.erase(id) == 0)
        running_[id] = poll; // until the hint
      else
        poll();
      return;
    }
    if (report.state != step_state::done || report.status != 0)
      give_up(id + " ended as " + std::string{to_string(report.state)} + " with "
              + std::to_string(report.status) + ": " + report.log);
    then();
    if (kind == step_mode::look)
      line_->write(shell_.forget(id, [](const expected<void>&) {}));
  }

  std::unique_ptr<line> line_;
  control_shell shell_;
  std::uint64_t fence_ = 0;
  std::map<std::string, std::function<void()>> running_;
  std::set<std::string> hinted_; ///< steps that are over and are not being waited for
};

class sender {
public:
  sender(std::vector<part> parts, std::map<std::string, way> ways, std::string run,
         const std::string& controller_folder)
      : parts_{std::move(parts)}, run_{std::move(run)} {
    open_ = ways.size() + 1;
    for (auto& [name, to] : ways)
      targets_[name] =
          std::make_unique<target>(std::make_unique<ssh_line>(to), "", [this] { one_done(); });
    // Its steps need a lease too; nobody else asks for that one.
    auto& own = targets_["controller"];
    own = std::make_unique<target>(std::make_unique<local_line>(), controller_folder + "/" + run_,
                                   [this, &own] { own->acquire(run_, [this] { one_done(); }); });
  }

  void run() {
    for (;;) {
      for (bool fresh = true; fresh;) {
        fresh = false;
        for (auto& [name, at] : targets_)
          at->go_on();
        for (auto& [name, at] : targets_)
          fresh = fresh || at->fresh();
      }
      if (over_)
        return;
      std::vector<pollfd> polled;
      for (auto& [name, at] : targets_)
        polled.push_back(at->waits());
      if (::poll(polled.data(), polled.size(), silence_max_ms) == 0)
        give_up("nothing is heard any more");
    }
  }

private:
  void one_done() {
    if (--open_ > 0)
      return;
    if (at_ == parts_.size()) {
      over_ = true;
      return;
    }
    const auto& lanes = parts_[at_++];
    open_ = lanes.size();
    for (const auto& one : lanes)
      next_of(one, 0);
  }

  void next_of(const lane& in, std::size_t nth) {
    if (nth == in.size())
      return one_done();
    targets_.at(in[nth].target)->carry_out(in[nth], run_, [=, this, &in] { next_of(in, nth + 1); });
  }

  std::vector<part> parts_;
  std::string run_;
  std::map<std::string, std::unique_ptr<target>> targets_;
  std::size_t at_ = 0;
  std::size_t open_ = 0; ///< lanes of the present part; at first, shells that are not ready
  bool over_ = false;
};

void replace_all(std::string& in, const std::string& what, const std::string& by) {
  for (auto at = in.find(what); at != std::string::npos; at = in.find(what, at + by.size()))
    in.replace(at, what.size(), by);
}

json read_json(const char* file) {
  return json::parse(std::ifstream{file});
}

int main_of(char** argv) {
  const std::string run = argv[3];
  auto recorded = read_json(argv[1]);
  auto parts = recorded.at("parts").get<std::vector<part>>();
  const std::string recorded_run = recorded.at("run");
  for (auto& one : parts)
    for (auto& lane : one)
      for (auto& what : lane) {
        replace_all(what.id, recorded_run, run);
        replace_all(what.script, recorded_run, run);
      }
  std::map<std::string, way> ways;
  const auto hosts = read_json(argv[2]);
  for (const auto& [name, to] : hosts.items())
    ways[name] = {to.at("address"), to.at("port"), to.at("user"), to.at("identity"),
                  to.at("known_hosts")};
  sender{std::move(parts), std::move(ways), run, argv[4]}.run();
  return 0;
}

} // namespace
} // namespace baton::overhead

int main(int argc, char** argv) {
  if (argc != 5)
    return 64;
  try {
    return baton::overhead::main_of(argv);
  } catch (const std::exception& why) {
    std::cerr << "by hand: " << why.what() << "\n";
    return 1;
  }
}
