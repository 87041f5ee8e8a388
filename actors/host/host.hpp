#pragma once

#include "actors/host/asking.hpp"
#include "actors/host/job_runner.hpp"
#include "actors/host/lease_taking.hpp"
#include "actors/host/link.hpp"
#include "actors/host/parts.hpp"
#include "actors/host/watcher.hpp"
#include "messages/actors.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace baton {

/// Something for the actor's own thread: a timer that fired, news from the transport.
struct host_note {
  std::function<void()> what;
};

} // namespace baton

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::host_note)

namespace baton {

/// Who a host actor works for.
struct host_settings {
  link::options reach;
  bool is_controller = false;
  /// Nobody else uses the target's folder, so the lease is taken as soon as it is needed: the
  /// controller's folder of one run, and the folder outside of a snapshot.
  bool private_lease = false;
};

using host_actor_own = host_actor::extend<caf::reacts_to<host_note>>;

class host_work;

struct host_worker_state {
  static inline const char* name = "host";
  std::shared_ptr<host_work> work;
};

/// One target: its connection, its lease, and the steps that run there, of all runs.
host_actor_own::behavior_type host_worker(host_actor_own::stateful_pointer<host_worker_state> self,
                                          host_settings settings,
                                          std::shared_ptr<const host_house> house,
                                          const registry_actor& owner);

/// What the actor does, on its thread; CAF stays outside.
class host_work {
public:
  host_work(host_settings settings, std::shared_ptr<const host_house> house, const timers& clock,
            std::function<void(std::function<void()>)> post, colleagues others);
  host_work(const host_work&) = delete;
  host_work& operator=(const host_work&) = delete;
  ~host_work();

  void perform(const work_order& order, std::function<void(const work_answer&)> answer);
  void ask(const check_order& order, std::function<void(check_report)> answer);
  void tell_whose(const whose_question& asked, std::function<void(whose_answer)> answer);
  /// Of a step, or of a look that asks checks.
  void stop(const std::string& id);

private:
  struct under_way {
    work_order order;
    std::vector<std::function<void(const work_answer&)>> askers;
    std::shared_ptr<job_runner> runner;
    std::shared_ptr<watcher> watching;
    duration began{0};
    std::shared_ptr<asking> checks;
    bool stopped = false;
    bool to_stop = false;      ///< as soon as its target can be asked what it knows of it
    bool has_adopted = false;  ///< a higher fence, once
    bool has_repeated = false; ///< what an earlier process has killed
  };

  struct lease_wish {
    std::string run;
    std::uint64_t fence_at_least = 0; ///< 0: no matter
    duration until{0};                ///< how long a host that cannot be asked is asked again
    bool again = false;               ///< it is the run's already, or lost
    bool was_cut = false;             ///< asked already, and the connection was lost meanwhile
  };
  using step_facts = std::map<std::string, std::string>;

  void begin(const std::string& id);
  void end(const std::string& id, step_outcome outcome);
  under_way* find(const std::string& id);

  /// A host's own look waits for its lease.
  bool is_being_leased() const;
  void begin_looks(const step_outcome& lease);
  void acquire(const std::string& id);
  void release(const std::string& id);
  /// Goes on once there is a connection; the order fails when there is none.
  void with_link(const std::string& id, std::function<void()> then);
  void give_back(const std::string& id, const std::string& run, std::uint64_t fence, bool again);
  void end_watch(const std::string& id, step_outcome outcome);
  /// Ends it as `lease_lost` where the host is another owner's by now.
  void end_if_ours(const std::string& id, step_outcome outcome);
  /// Begins again what a halt of an earlier process has killed, where the host is still ours.
  void repeat_if_ours(const std::string& id);
  void verify_checks(const std::string& id, duration until, int round);
  /// A look that is seen as its own host sees it; what is asked from elsewhere is added.
  void look_elsewhere(const std::string& id, step_outcome seen);
  asking::place place() const { return {*house_, others_, clock_, post_}; }
  void build(const std::string& id);
  void start_job(const std::string& id, job work, std::uint64_t fence);
  /// Goes on once the fence of the order's run is known; fails where the host belongs to another.
  void with_fence(const std::string& id, const std::function<void(std::uint64_t)>& then);
  void ask_lease(const std::string& id, const lease_wish& wish,
                 const std::function<void(const taken_lease&)>& then);
  void ask_lease_again(const std::string& id, const lease_wish& wish,
                       const std::function<void(const taken_lease&)>& then, const error& why,
                       bool was_never_asked);
  /// A host that refuses a fence may be leased to this run under a higher one: begins the order
  /// again with it; else it is lost to another owner.
  void adopt_fence(const std::string& id, std::uint64_t refused);
  std::vector<const step_facts*> facts_here(const std::string& id, step_kind kind);
  std::uint64_t known_fence(const std::string& id);
  /// Goes on once a host that this run has rewound is ours again, under a higher fence than before.
  void retake(const std::string& id, std::function<void()> then);
  /// Goes on once the hosts that a step changes from elsewhere are known to be the run's, or cannot
  /// be asked.
  void with_those_elsewhere(const std::string& id, const std::function<void()>& then);
  /// Goes on once nothing of an earlier, killed or forgotten step of the same unit runs any more.
  void clear_unit(const std::string& id, const std::function<void()>& then);
  void await_gone(const std::string& id, const std::string& leftover, duration until,
                  const std::function<void()>& then);
  void beat(const std::string& run);
  void tell_alive(const std::string& run);
  void keep(const std::string& id);
  void fail(const std::string& id, error why);

  host_settings settings_;
  std::shared_ptr<const host_house> house_;
  timers clock_;
  std::function<void(std::function<void()>)> post_;
  colleagues others_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);    ///< what other threads bring checks it
  std::map<std::string, under_way> orders_;                  ///< by step id
  std::vector<std::string> waiting_looks_;                   ///< for the lease; by step id
  std::map<std::string, std::shared_ptr<job_runner>> asked_; ///< looks for other hosts, by id
  std::map<std::string, std::uint64_t> fences_;              ///< by run
  std::set<std::string> beating_;                            ///< runs whose lease is kept alive
  /// Of those, the ones whose lease still names the process that was cut off.
  std::shared_ptr<std::set<std::string>> untold_ = std::make_shared<std::set<std::string>>();
  std::set<std::pair<std::string, std::string>> cleared_; ///< run and unit known to be quiet
  std::map<std::string, std::uint64_t> rewound_;          ///< by run: the fence since then
  link link_; ///< goes first: whoever waits for an answer hears that, and looks for its order
};

} // namespace baton
