#pragma once

#include "actors/watch.hpp"
#include "messages/actors.hpp"
#include "rules/run.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace baton {

/// What a supervisor needs of its house. The functions are called on the supervisor's thread.
struct surroundings {
  std::function<keeper_actor()> make_keeper;     ///< again after one has died
  std::function<registry_actor()> make_registry; ///< likewise
  std::function<time_point()> now;
  std::function<double()> dice;                      ///< in [0,1)
  watch_ptr watch = std::make_shared<actor_watch>(); ///< never null
};

/// How often a part of the house is replaced in one run before the run is given up.
inline constexpr int replacements_max = 5;

struct supervisor_state {
  static inline const char* name = "supervisor";

  int replacements = 0;
  struct surroundings house;
  plan_ptr plan;
  run now;
  facts_ptr facts; ///< of `now`, as the last order got them

  std::size_t durable = 0;      ///< records of this run in the journal
  std::vector<event_t> waiting; ///< happened while a decision was being written
  bool writing = false;
  std::vector<record> in_flight; ///< the decision that is being written
  std::vector<event_t> to_do;    ///< its intents
  bool stuck = false;            ///< the journal cannot be written: nothing is started any more
  std::shared_ptr<const error> stuck_by;
  bool cancel_durable = false; ///< the wish to stop is in the journal
  result_ptr ended;

  std::map<std::string, work_order> open; ///< steps that were started and did not end, by id
  std::map<std::string, phase_actor> phases;
  keeper_actor keeper;
  registry_actor registry;
  std::vector<caf::typed_response_promise<result_answer>> asked;

  std::vector<caf::typed_response_promise<halt_order>> halt_asked;
  int halt_after = 0;   ///< decisions that may still be written before, 0: none
  bool halting = false; ///< what runs is being killed; nothing more is decided
};

/// Runs `todo` to its verdict. `so_far` are the run's durable records: none for a new run; of an
/// interrupted one its steps are asked for again, and are done once all the same.
supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self, surroundings house,
           plan_ptr todo, const records_ptr& so_far);

} // namespace baton
